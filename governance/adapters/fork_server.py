"""Programs that start warm: a process that has imported what they need is forked for each, where each would import it anew.

DVC starts a Python for every stage, and a Python with torch, transformers and Great Expectations takes seconds to come to its work. The
server is a child of the process that wants it. It ends with that process, and a forked program ends, with all that it started itself, as
soon as whoever asked for it is gone, however that ended. Where no server answers, the program is started the usual way: the same function
on the same arguments.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from governance.adapters.environment import quiet_environment

PLACE = "HEIRLOOM_FORK_SERVER"
"""The socket of the server that this process and its children may ask; set while there is one."""

LONGEST_FOLDER = 70
"""Bytes of a temporary folder's name that leave room for our own in the 104 of a socket's address."""
STDERR = 2
KILLED = 137
"""The exit code of a program that ended without one, as a shell says it of SIGKILL."""
TAKEN = b"+"
"""What the server answers once it has forked. A line that closes before that was not taken, and the program starts the usual way."""
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """`main` is `module:function`, called with the arguments; it returns an exit code. `cold` is how a shell would start it."""

    main: str
    cold: tuple[str, ...]


@contextmanager
def fork_server(modules: Sequence[str]) -> Iterator[None]:
    """A server that imports `modules`, in this order, and forks on demand; where there is one already, that one goes on serving.

    A module that cannot be imported is left out: the program that needs it says so itself. Where the temporary folder has a name that is
    too long for a socket (some 100 bytes) there is no server.
    """
    if PLACE in os.environ or len(os.fsencode(tempfile.gettempdir())) > LONGEST_FOLDER:
        yield
        return
    folder = Path(tempfile.mkdtemp(prefix="heirloom-"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(folder / "forks"))
        listener.listen()
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "governance.adapters.fork_server", str(listener.fileno()), *modules],
            env={**os.environ, **quiet_environment()},
            stdin=subprocess.PIPE,
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )
    os.environ[PLACE] = str(folder / "forks")
    try:
        yield
    finally:
        del os.environ[PLACE]
        child.kill()
        child.wait()
        if child.stdin is not None:
            child.stdin.close()
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended and what it said."""

    code: int
    stdout: str
    stderr: str


def run(
    program: Program, arguments: Sequence[str], *, environment: Mapping[str, str], shown: bool = False, limit: float | None = None
) -> Ended:
    """Run a program to its end. With `shown` a person reads its stderr while it runs, and none of that is kept.

    Raises: subprocess.TimeoutExpired after `limit` seconds, and the program is killed then.
    """
    with open(os.devnull, "rb") as nothing, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:  # noqa: PTH123
        places = (nothing.fileno(), stdout.fileno(), STDERR if shown else stderr.fileno())
        code = forked(program, arguments, environment=environment, places=places, limit=limit)
        if code is None:
            stdin, out, err = places
            cold = [*program.cold, *arguments]
            code = subprocess.run(cold, env=dict(environment), stdin=stdin, stdout=out, stderr=err, timeout=limit, check=False).returncode
        return Ended(code=code, stdout=_said(stdout), stderr=_said(stderr))


def _said(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def forked(
    program: Program,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    places: tuple[int, int, int],
    limit: float | None = None,
    folder: Path | None = None,
) -> int | None:
    """The exit code of a program that the server forked, which reads and writes at `places`; None where no server took it.

    It runs in `folder`, or where we are. Raises: subprocess.TimeoutExpired after `limit` seconds; then it is dead.
    """
    place = os.environ.get(PLACE)
    if place is None:
        return None
    asked = {"main": program.main, "arguments": list(arguments), "folder": str(folder or Path.cwd()), "environment": dict(environment)}
    said = json.dumps(asked).encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        try:
            line.connect(place)
            socket.send_fds(line, [len(said).to_bytes(_LENGTH_BYTES, "big")], list(places))
            line.sendall(said)
            taken = line.recv(1)
        except OSError:
            return None
        if taken != TAKEN:
            return None
        line.settimeout(limit)
        try:
            ended = line.recv(1)
        except TimeoutError as error:
            line.shutdown(socket.SHUT_WR)  # it sees that we are gone and kills itself
            line.settimeout(None)
            line.recv(1)  # its end closes when it is dead, and not before
            raise subprocess.TimeoutExpired([*program.cold, *arguments], limit or 0.0) from error
    return ended[0] if ended else KILLED


def main(listening: int, modules: Sequence[str]) -> None:
    """The server: import, and fork for whoever asks meanwhile and afterwards, until whoever started it is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forked: they say themselves how they ended
    with socket.socket(fileno=listening) as listener:
        for name in modules:
            _serve(listener, 0.0)
            with warnings.catch_warnings(), contextlib.suppress(ImportError):
                warnings.simplefilter("ignore")
                importlib.import_module(name)
            gc.freeze()  # what is shared with the forked stays shared: their collectors do not go over it
        while _serve(listener, None):
            pass
        shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)  # whoever made it was killed


def _serve(listener: socket.socket, seconds: float | None) -> bool:
    """Fork for one who asks within so many seconds (None: however long it takes); False when our own parent is gone."""
    ready, _, _ = select.select([listener, sys.stdin], [], [], seconds)
    if sys.stdin in ready:
        return False
    if ready:
        line, _ = listener.accept()
        with line:
            if os.fork() == 0:
                listener.close()
                _become(line)
    return True


def _become(line: socket.socket) -> None:
    """The forked process: it becomes what was asked for, and never returns."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        size, places, _, _ = socket.recv_fds(line, _LENGTH_BYTES, 3)
        with line.makefile("rb") as words:
            asked = json.loads(words.read(int.from_bytes(size, "big")))
        for target, place in enumerate(places):
            os.dup2(place, target)
            os.close(place)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = [asked["main"].partition(":")[0], *asked["arguments"]]
        line.sendall(TAKEN)
        threading.Thread(target=_end_with, args=(line,), daemon=True).start()
        code = _called(asked["main"], asked["arguments"])
    except BaseException:  # noqa: BLE001 - the last line of a process: everything is said where a person reads it, and the code tells
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        with contextlib.suppress(OSError):  # whoever asked may be gone
            line.sendall(bytes([code & 0xFF]))
        os._exit(code & 0xFF)


def _called(name: str, arguments: Sequence[str]) -> int:
    module, _, function = name.partition(":")
    try:
        return int(getattr(importlib.import_module(module), function)(list(arguments)) or 0)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)


def _end_with(line: socket.socket) -> None:
    """Whoever asked holds the other end: when that is gone, so are we and all that we started."""
    with contextlib.suppress(OSError):
        line.recv(1)
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
