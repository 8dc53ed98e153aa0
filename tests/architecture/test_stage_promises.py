"""A stage touches exactly what it declares, and its declared code covers what it imports: seen from inside, on a real cycle."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from governance.stages.table import STAGES, code_of, stage_named
from tests.e2e.shell import environment, make_workspace, run

WATCH = """
import json, os, sys
from pathlib import Path
from governance.wiring import open_shop
root = Path(sys.argv[1]).resolve()
shop = open_shop(root)
desk = shop.desk(sys.argv[2])
touched = {"read": set(), "written": set()}
def watch(event, arguments):
    if event != "open" or not isinstance(arguments[0], (str, bytes)):
        return
    path = Path(os.fsdecode(arguments[0]))
    path = path if path.is_absolute() else Path.cwd() / path
    if path.is_dir():
        return
    for folder in ("cycle", "shards"):
        if path.is_relative_to(root / folder):
            flags = arguments[2] or 0
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            touched["written" if writes else "read"].add(path.relative_to(root).as_posix())
before = set(sys.modules)
sys.addaudithook(watch)
from governance.stages.table import stage_named
stage_named(sys.argv[2]).work(desk)
loaded = sorted(m for m in set(sys.modules) - before if m.split(".")[0] in ("governance", "schemas"))
print(json.dumps({"read": sorted(touched["read"]), "written": sorted(touched["written"]), "loaded": loaded}))
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = make_workspace(tmp_path_factory.mktemp("promises") / "newsroom")
    assert run(workspace, "synthesize").code == 0
    assert run(workspace, "retrain").code == 0
    return workspace


def inside(path: str, declared: tuple[str, ...]) -> bool:
    names = [name if name.startswith("shards/") else f"cycle/{name}" for name in declared]
    return any(path == name.rstrip("/") or path.startswith(name.rstrip("/") + "/") for name in names)


def finished_files(paths: list[str]) -> list[str]:
    """Without what is written under a hidden name first and renamed when it is whole."""
    return [path for path in paths if not any(part.startswith(".") for part in Path(path).parts)]


@pytest.mark.e2e
@pytest.mark.parametrize("name", [stage.name for stage in STAGES])
def test_a_stage_touches_what_it_declares_and_imports_what_its_code_covers(finished: Path, tmp_path: Path, name: str):
    workspace = tmp_path / "copy"
    shutil.copytree(finished, workspace)
    watched = subprocess.run(
        [sys.executable, "-c", WATCH, str(workspace), name], env=environment(), cwd=workspace, capture_output=True, text=True, check=False
    )
    assert watched.returncode == 0, watched.stderr
    seen, stage = json.loads(watched.stdout.splitlines()[-1]), stage_named(name)
    own = ("cycle.json", *stage.reads, *stage.writes)
    assert [path for path in finished_files(seen["read"]) if not inside(path, own)] == []
    assert [path for path in finished_files(seen["written"]) if not inside(path, stage.writes)] == []
    for written in stage.writes:
        assert workspace.joinpath("cycle", written).exists(), f"{written} is declared and was not written"
    assert set(seen["loaded"]) <= set(code_of(stage)), "imported by the stage and unknown to DVC"
