"""Seen from outside, by the kernel: a stage opens every file that it declares, and no other file of the cycle or the shards."""

import ctypes
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.stages.stage import Stage
from governance.stages.table import STAGES
from tests.e2e.shell import environment, make_workspace, run

OPENED, FOLDER = 0x20, 0x40000000
CHANGED = 0x2 | 0x8 | 0x80 | 0x100  # modified, closed after writing, moved here, made
WORK = """
import sys
from pathlib import Path
from governance.stages.table import stage_named
from governance.wiring import open_shop
stage_named(sys.argv[1]).work(open_shop(Path.cwd()).desk(sys.argv[1]))
"""
"""The desk's own question whether a file exists opens nothing; an audit hook would not see what polars reads from Rust."""


class Watch:
    """Which files below some folders were opened and which changed, whoever did it in whatever language."""

    def __init__(self, root: Path, *folders: str) -> None:
        system = ctypes.CDLL(None, use_errno=True)
        self.root = root
        self.handle = system.inotify_init1(os.O_NONBLOCK)
        assert self.handle >= 0
        below = [inner for folder in folders for inner in (root / folder, *(root / folder).rglob("*")) if inner.is_dir()]
        self.places = {system.inotify_add_watch(self.handle, os.fsencode(place), OPENED | CHANGED): place for place in below}
        assert -1 not in self.places

    def events(self) -> Iterator[tuple[str, int]]:
        while True:
            try:
                told = os.read(self.handle, 1 << 16)
            except BlockingIOError:
                return
            place = 0
            while place < len(told):
                watch, mask, _, length = struct.unpack_from("iIII", told, place)
                name = told[place + 16 : place + 16 + length].rstrip(b"\0").decode()
                place += 16 + length
                if name and watch in self.places:
                    yield (self.places[watch] / name).relative_to(self.root).as_posix(), mask

    def seen(self) -> tuple[set[str], set[str]]:
        """(changed, only opened), without hidden names, which are written first and renamed when whole."""
        events = [(path, mask) for path, mask in self.events() if not any(part.startswith(".") for part in path.split("/"))]
        changed = {path for path, mask in events if mask & CHANGED}
        return changed, {path for path, mask in events if mask & OPENED and not mask & FOLDER} - changed


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = make_workspace(tmp_path_factory.mktemp("files") / "newsroom")
    assert run(workspace, "synthesize").code == 0
    assert run(workspace, "retrain").code == 0
    return workspace


def declared(path: str, names: tuple[str, ...]) -> str:
    """The declared name that a path belongs to, or nothing."""
    places = {(name if name.startswith("shards/") else f"cycle/{name}").rstrip("/"): name for name in names}
    return next((name for place, name in places.items() if path == place or path.startswith(f"{place}/")), "")


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_opens_and_writes_exactly_what_it_declares(finished: Path, tmp_path: Path, stage: Stage):
    workspace = tmp_path / "copy"
    shutil.copytree(finished, workspace, symlinks=True)
    watch = Watch(workspace, "cycle", "shards")
    done = subprocess.run(
        [sys.executable, "-c", WORK, stage.name], cwd=workspace, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    changed, opened = watch.seen()
    os.close(watch.handle)
    assert {path for path in changed if not declared(path, stage.writes)} == set()
    assert {path for path in opened if not declared(path, (*stage.reads, *stage.writes, "cycle.json"))} == set()
    assert {declared(path, stage.writes) for path in changed} == set(stage.writes)
    assert {declared(path, stage.reads) for path in opened} - {""} == set(stage.reads)
