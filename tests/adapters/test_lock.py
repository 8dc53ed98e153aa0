"""One holder per workspace: whoever comes second is told who the first is, and a killed holder holds nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from governance.adapters.lock import hold
from governance.errors import ConflictError
from tests.world import TickingClock

HOLDER = """
import sys
from pathlib import Path
from governance.adapters.lock import hold
from governance.ports.clock import SystemClock
with hold(Path(sys.argv[1]), "retrain", SystemClock()):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / ".heirloom" / "lock"


@contextmanager
def holder(lock: Path) -> "Iterator[subprocess.Popen[str]]":
    """Another process that holds the workspace until its input ends."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_the_second_is_told_at_once_which_process_holds_the_workspace_for_what_and_since_when(lock: Path, tmp_path: Path):
    with holder(lock) as other:
        with pytest.raises(ConflictError) as caught, hold(lock, "rollback", TickingClock()):
            pass
        note = json.loads((lock.parent / "lock.json").read_text())
        assert caught.value.exit_code == 5
        assert caught.value.where == str(tmp_path)
        assert f"process {other.pid} on {note['host']} (retrain, since {note['since']})" in caught.value.found


def test_a_killed_holder_holds_nothing(lock: Path):
    with holder(lock) as other:
        other.kill()
        other.wait()
        with hold(lock, "retrain", TickingClock()):
            assert json.loads((lock.parent / "lock.json").read_text())["pid"] != other.pid


@pytest.mark.parametrize("note", [b"", b"[]", b"{}", b"\xff\xfe", b'{"pid": 1}'])
def test_a_damaged_note_does_not_hide_that_the_workspace_is_held(lock: Path, note: bytes):
    with holder(lock):
        (lock.parent / "lock.json").write_bytes(note)
        with pytest.raises(ConflictError, match="another process that has not said its name"), hold(lock, "retrain", TickingClock()):
            pass


def test_a_hold_ends_with_its_work_even_when_the_work_fails(lock: Path):
    with pytest.raises(ZeroDivisionError), hold(lock, "retrain", TickingClock()):
        raise ZeroDivisionError
    with holder(lock) as other:
        assert other.poll() is None


def test_an_inner_hold_does_not_end_the_outer_one_and_keeps_its_name(lock: Path):
    with hold(lock, "outer", TickingClock()):
        with hold(lock, "inner", TickingClock()):
            pass
        assert json.loads((lock.parent / "lock.json").read_text())["work"] == "outer"
        done = subprocess.run([sys.executable, "-c", HOLDER, str(lock)], capture_output=True, text=True, input="", check=False)
        assert "ConflictError: " in done.stderr
        assert "(outer, since " in done.stderr
