"""`heirloom init`: a new workspace in a folder of its own."""

from pathlib import Path

from cli.outcome import Outcome
from governance.errors import UsageError


def command(folder: Path, *, like: Path | None = None, json: bool = False) -> Outcome:
    """Make a workspace: policy, settings, pipeline, DVC with a local remote. What is there already is left alone.

    Parameters
    ----------
    folder
        Where; it is made if it is not there.
    like
        A folder with policy.toml and heirloom.toml to start from, such as infra/workspaces/publisher; without it, the embedded default.
    json
        Answer with one JSON document on stdout.
    """
    del json
    from governance.adapters.dvc_commands import init_dvc
    from governance.adapters.environment import be_quiet
    from governance.adapters.pipeline_file import rendered
    from governance.digest import write_bytes

    be_quiet()
    templates = like or Path(__file__).parent.parent / "templates"
    texts = {name: _text(templates / name) for name in ("policy.toml", "heirloom.toml")}
    texts |= {"dvc.yaml": rendered(), ".dvcignore": ".heirloom/prefect\n.heirloom/mlartifacts\n"}
    made = [name for name in texts if not (folder / name).exists()]
    for name in made:
        write_bytes(folder / name, texts[name].encode())
    (folder / "inbox").mkdir(parents=True, exist_ok=True)
    init_dvc(folder)
    words = f"Created {', '.join(made)} in {folder}." if made else f"{folder} is a workspace already."
    lines = [words, "Telemetry is switched off for prefect, mlflow, dvc, great_expectations and huggingface.", "Next: heirloom doctor"]
    return Outcome(command="init", lines=lines, document={"changed": bool(made), "workspace": str(folder), "made": made})


def _text(path: Path) -> str:
    if not path.is_file():
        raise UsageError("is missing", where=str(path), expected="a folder with policy.toml and heirloom.toml")
    return path.read_text(encoding="utf-8")
