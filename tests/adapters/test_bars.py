"""Progress: a person at a terminal sees it move, and a pipe gets nothing."""

import os
import pty
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from governance.adapters.bars import bars
move = bars("training")
for done in range(4):
    move(done, 3, f"step {done}")
"""
ROOT = Path(__file__).parents[2]


def told_on(stderr: int) -> int:
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", PROGRAM], stderr=stderr, stdout=subprocess.PIPE, env=environment, check=True).returncode


def test_a_terminal_shows_what_runs_and_how_far_it_is() -> None:
    ours, theirs = pty.openpty()
    try:
        assert told_on(theirs) == 0
        os.set_blocking(ours, False)
        shown = os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "training" in shown
    assert "3/3 step 3" in shown


def test_a_pipe_gets_nothing(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w+b") as pipe:
        told_on(pipe.fileno())
        pipe.seek(0)
        assert pipe.read() == b""
