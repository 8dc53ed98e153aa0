"""Prefect's own server as a child of this process: on loopback only, quiet, its records in one folder, and gone when its parent is gone.

Nothing here imports Prefect, so that a doctor can start a server of a Prefect that is broken.
"""

import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.environment import quiet_environment
from governance.errors import DependencyError

HOST = "127.0.0.1"
USUAL_PORT = 4200
"""Prefect's own default, which people know; another free one is taken where it is in use."""

START_SECONDS = 120.0
STOP_SECONDS = 20.0
ASK_SECONDS = 2.0
LOOK_SECONDS = 0.25
SAID_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that has answered /health. `page` is the address of its web page, `api` that of its interface; `pid` its process."""

    page: str
    pid: int
    log: Path

    @property
    def api(self) -> str:
        return f"{self.page}/api"


@contextmanager
def prefect_server(
    home: Path, *, port: int | None = None, limit_seconds: float = START_SECONDS, meanwhile: Callable[[Server], None] = lambda _: None
) -> Iterator[Server]:
    """A `prefect server start` that keeps its records in `home` and has answered; it is stopped at the end, whatever ended it.

    `meanwhile` is called while it starts, which takes seconds: nobody answers at its address yet.

    Raises: DependencyError with the last words of the server where it does not answer in time.
    """
    home.mkdir(parents=True, exist_ok=True)
    chosen = port or free_port(USUAL_PORT)
    log = home / "server.log"
    with log.open("wb") as stream:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "flows.server", str(chosen)],
            env=server_environment(home, chosen),
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        server = Server(page=f"http://{HOST}:{chosen}", pid=child.pid, log=log)
        meanwhile(server)
        _wait_for_health(child, server.page, log, limit_seconds)
        yield server
    finally:
        _stop(child)


def server_environment(home: Path, port: int) -> dict[str, str]:
    """The environment of the child: this one, quiet, with its own home and address. The page must know the port, or it asks 4200."""
    inherited = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    own = {"PREFECT_HOME": str(home), "PREFECT_SERVER_API_HOST": HOST, "PREFECT_SERVER_API_PORT": str(port)}
    return {**inherited, **quiet_environment(), **own}


def free_port(wanted: int) -> int:
    """The wanted port of the loopback, or any free one where somebody listens there."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DependencyError("no port of the loopback is free", where=HOST)


def answers(page: str, seconds: float = ASK_SECONDS) -> bool:
    """True where a Prefect server answers /health at this address."""
    try:
        with urllib.request.urlopen(f"{page}/api/health", timeout=seconds) as answer:  # noqa: S310 - http(s) addresses of our own making
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _wait_for_health(child: "subprocess.Popen[bytes]", page: str, log: Path, limit_seconds: float) -> None:
    until = time.monotonic() + limit_seconds
    while not answers(page):
        if _ended(child):
            raise DependencyError(f"prefect server ended at once: {last_words(log)}", where=str(log), fix="heirloom doctor")
        if time.monotonic() > until:
            raise DependencyError(f"prefect server did not answer in {limit_seconds:.0f} s", where=str(log), fix="heirloom doctor")


def _ended(child: "subprocess.Popen[bytes]") -> bool:
    """Wait a moment, and say whether the child ended in it."""
    try:
        child.wait(timeout=LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def last_words(log: Path) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:SAID_CHARACTERS] if lines else "it said nothing"


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdin is not None:
        child.stdin.close()


def _end_with_parent() -> None:
    """The parent holds the other end of our stdin: when it is gone, however it died, so are we."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main(port: str) -> None:
    """The child: `prefect server start`, watched."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = ["prefect", "server", "start", "--host", HOST, "--port", port, "--analytics-off"]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1])
