"""Programs that are forked from a warm server: what they are given, how they end, and that nothing outlives whoever asked."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from governance.adapters.environment import quiet_environment
from governance.adapters.fork_server import KILLED, PLACE, Ended, Program, fork_server, forked, run

ANY = Program(main="timeit:main", cold=(sys.executable, "-m", "timeit"))
"""timeit runs the statement that it is given."""
BROKEN = Program(main="timeit:no_such_function", cold=(sys.executable, "-c", "raise SystemExit(3)"))
OURS = Program(main="cli.main:main", cold=(sys.executable, "-c", "import sys; from cli.main import main; sys.exit(main(sys.argv[1:]))"))
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    with fork_server(["no_such_module_anywhere", "sndhdr"]):
        yield


def ran(program: Program, *statements: str, limit: float | None = None, **environment: str) -> Ended:
    wanted = {**os.environ, **quiet_environment(), **environment}
    return run(program, ["-n1", "-r1", *statements], environment=wanted, limit=limit)


@pytest.mark.usefixtures("server")
def test_a_forked_program_has_the_imports_of_the_server_and_the_folder_and_environment_of_whoever_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = "import os, sys; print('sndhdr' in sys.modules, os.getcwd(), os.environ['ASKED'], file=sys.stderr)"
    wait_until(lambda: ran(ANY, asked, ASKED="this").stderr.startswith("True"), "the server imports its modules, and serves meanwhile")
    done = ran(ANY, asked, ASKED="this")
    assert (done.code, done.stderr) == (0, f"True {tmp_path} this\n")
    assert done.stdout.startswith("1 loop")


@pytest.mark.usefixtures("server")
def test_exit_codes_and_last_words_come_back() -> None:
    failed = ran(ANY, "raise ValueError('of the program')")
    assert failed.code == 1
    assert "ValueError: of the program" in failed.stderr
    assert ran(ANY, "import os; os._exit(0)").code == KILLED
    assert ran(ANY, "import os; os.kill(os.getpid(), 9)").code == KILLED
    unknown = run(OURS, ["no-such-command"], environment=os.environ)
    assert (unknown.code, "no-such-command" in unknown.stderr) == (2, True)
    broken = ran(BROKEN)
    assert (broken.code, "no_such_function" in broken.stderr) == (1, True)


def test_without_a_server_or_with_a_dead_one_the_same_program_starts_the_usual_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(PLACE, raising=False)
    asked = "import sys; print('sndhdr' in sys.modules, file=sys.stderr)"
    assert forked(ANY, [], environment=os.environ, places=(0, 1, 2)) is None
    assert ran(ANY, asked).stderr == "False\n"
    assert run(BROKEN, [], environment=os.environ).code == 3
    monkeypatch.setenv(PLACE, str(tmp_path / "gone"))
    assert ran(ANY, asked).stderr == "False\n"


def test_a_server_ends_with_its_block_and_a_second_one_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PLACE, raising=False)
    with fork_server([]):
        place = Path(os.environ[PLACE])
        with fork_server(["sndhdr"]):
            assert os.environ[PLACE] == str(place)
        assert ran(ANY, "pass").code == 0
        assert place.exists()
    assert PLACE not in os.environ
    assert not place.parent.exists()


def test_a_temporary_folder_with_a_long_name_has_no_server_and_everything_starts_the_usual_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(PLACE, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("a" * 70)))
    with fork_server([]):
        assert PLACE not in os.environ


@pytest.mark.usefixtures("server")
def test_a_program_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        ran(ANY, *sleeper(tmp_path / "pids"), limit=2.0)
    gone(tmp_path / "pids")


@pytest.mark.parametrize("which", ["whoever asked", "the process of the server too"])
def test_where_whoever_asked_is_killed_nothing_is_left(which: str, tmp_path: Path) -> None:
    script = f"""
import os, sys
from governance.adapters.fork_server import PLACE, Program, fork_server, run
with fork_server([]):
    print(os.environ[PLACE], flush=True)
    run(Program(main="timeit:main", cold=()), {["-n1", "-r1", *sleeper(tmp_path / "pids")]!r}, environment=os.environ)
"""
    environment = {name: value for name, value in os.environ.items() if name != PLACE}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment) as asking:
        assert asking.stdout is not None
        place = Path(asking.stdout.readline().strip())
        server = int(subprocess.run(["pgrep", "-P", str(asking.pid)], capture_output=True, text=True, check=True).stdout.split()[0])
        pids(tmp_path / "pids")
        if which != "whoever asked":
            os.kill(server, signal.SIGKILL)
        asking.kill()
    gone(tmp_path / "pids")
    wait_until(lambda: not alive(server), "the server ends with its parent")
    if which == "whoever asked":
        wait_until(lambda: not place.parent.exists(), "the folder of its socket is taken away")


def sleeper(note: Path) -> tuple[str, ...]:
    """Statements that start a child, note both process numbers, and sleep."""
    begin = "import os, pathlib, subprocess, time; child = subprocess.Popen(['sleep', '600'])"
    said = f"pathlib.Path({str(note)!r}).write_text(f'{{os.getpid()}} {{child.pid}} .')"
    return "-s", f"{begin}; {said}", "time.sleep(600)"


def pids(note: Path) -> list[int]:
    wait_until(lambda: note.exists() and note.read_text().endswith("."), "the program starts")
    return [int(word) for word in note.read_text().split()[:2]]


def gone(note: Path) -> None:
    wait_until(lambda: not any(map(alive, pids(note))), "the program and its child end")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(happened: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < until, what
        time.sleep(0.05)
