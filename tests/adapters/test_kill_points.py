"""A process tells the steps it passes, and dies at the one that is named: after it told it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from governance.adapters.kill_points import KILL_AT, STEP_LOG

PASSES = "from governance.adapters.kill_points import kill_points; steps = kill_points(); steps('one'); steps('two'); steps('three')"


def test_nothing_happens_where_the_environment_asks_for_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(KILL_AT, raising=False)
    monkeypatch.delenv(STEP_LOG, raising=False)
    done = subprocess.run([sys.executable, "-c", PASSES], check=False, timeout=60, cwd=tmp_path, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr, list(tmp_path.iterdir())) == (0, b"", b"", [])


@pytest.mark.parametrize(
    ("at", "code", "told"), [("", 0, "one two three"), ("two", -signal.SIGKILL, "one two"), ("four", 0, "one two three")]
)
def test_a_process_tells_its_steps_and_dies_at_the_one_that_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at: str, code: int, told: str
) -> None:
    monkeypatch.setenv(KILL_AT, at)
    monkeypatch.setenv(STEP_LOG, str(tmp_path / "steps"))
    done = subprocess.run([sys.executable, "-c", PASSES], check=False, timeout=60)
    assert done.returncode == code
    assert (tmp_path / "steps").read_text().split() == told.split()
