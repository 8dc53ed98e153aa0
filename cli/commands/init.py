"""`heirloom init`: a new workspace in a folder of its own."""

from pathlib import Path

from cli.outcome import Outcome
from governance.errors import UsageError


def command(folder: Path, *, like: Path | None = None, corpus: Path | None = None, json: bool = False) -> Outcome:
    """Make a workspace: policy, settings, pipeline, DVC with a local remote, the platform's key. What is there already is left alone.

    Parameters
    ----------
    folder
        Where; it is made if it is not there.
    like
        A folder with policy.toml and heirloom.toml to start from, such as infra/workspaces/publisher; without it, the embedded default.
    corpus
        The folder that holds the files of the settings' source; it becomes `source.root`.
    json
        Answer with one JSON document on stdout.
    """
    del json
    from governance.adapters.dvc_commands import init_dvc
    from governance.adapters.environment import be_quiet
    from governance.adapters.pipeline_file import rendered
    from governance.adapters.witnesses.named import enlisted
    from governance.digest import write_bytes
    from governance.ports.workspace import Workspace

    be_quiet()
    templates = like or Path(__file__).parent.parent / "templates"
    texts = {name: _text(templates / name) for name in ("policy.toml", "heirloom.toml")}
    if corpus is not None:
        texts["heirloom.toml"] = _rooted(texts["heirloom.toml"], corpus)
    texts |= {"dvc.yaml": rendered(), ".dvcignore": ".heirloom/prefect\n.heirloom/mlartifacts\n"}
    made = [name for name in texts if not (folder / name).exists()]
    for name in made:
        write_bytes(folder / name, texts[name].encode())
    (folder / "inbox").mkdir(parents=True, exist_ok=True)
    init_dvc(folder)
    if enlisted(Workspace(root=folder)):
        made.append(Workspace(root=folder).platform_signers.name)
    words = f"Created {', '.join(made)} in {folder}." if made else f"{folder} is a workspace already."
    lines = [words, "Telemetry is switched off for prefect, mlflow, dvc, great_expectations and huggingface.", "Next: heirloom doctor"]
    return Outcome(command="init", lines=lines, document={"changed": bool(made), "workspace": str(folder), "made": made})


def _rooted(settings: str, corpus: Path) -> str:
    """The settings with `root` of their source set to a folder."""
    if not corpus.is_dir():
        raise UsageError("is no folder", where=str(corpus), expected="the folder that holds the corpus")
    lines = settings.splitlines()
    found = [place for place, line in enumerate(lines) if line.startswith("root =")]
    if len(found) != 1:
        raise UsageError("has no line `root = ...` to set", where="heirloom.toml [source]", fix="start --like a workspace with a corpus")
    lines[found[0]] = f"root = {_quoted(str(corpus.resolve()))}"
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML basic string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(path: Path) -> str:
    if not path.is_file():
        raise UsageError("is missing", where=str(path), expected="a folder with policy.toml and heirloom.toml")
    return path.read_text(encoding="utf-8")
