"""A workspace that works with a team's servers, and its worker in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.stack import Prefect, end_group, own_environment

HEIRLOOM = str(Path(sys.executable).with_name("heirloom"))
SERVICE = "platform"
NEVER = "0 3 29 2 *"
"""A cron line that is true and falls due on the 29th of February: what is scheduled without disturbing a test."""


def until(true: Callable[[], Any], seconds: float, words: Callable[[], str] = str) -> Any:
    """What `true` returns once it is true: a bounded wait for other processes."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not true after {seconds} s: {words()[-3000:]}"
        time.sleep(0.5)
    return found


def runs_of(server: Prefect, name: str) -> list[dict[str, Any]]:
    """The runs of one flow that have begun, newest first."""
    found: list[dict[str, Any]] = server.ask("POST", "flow_runs/filter", flows={"name": {"any_": [name]}}, sort="EXPECTED_START_TIME_DESC")
    return [run for run in found if run["start_time"]]


@dataclass(frozen=True)
class Worker:
    process: "subprocess.Popen[bytes]"
    log: Path

    def kill(self) -> None:
        """kill -9 of the worker alone, as the kernel does it; what it started is told by nobody."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


@contextmanager
def worker(workspace: Path, server: Prefect, log: Path) -> Iterator[Worker]:
    """`heirloom infra worker`, which has begun; it and all that it started is ended at the end."""
    environment = own_environment(**server.settings, HEIRLOOM_ACTOR=SERVICE, PREFECT_WORKER_QUERY_SECONDS="2")
    with log.open("wb") as stream:
        child = subprocess.Popen(
            [HEIRLOOM, "infra", "worker", "--workspace", str(workspace)],
            env=environment,
            cwd=workspace,
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: "Works for " in log.read_text() or child.poll() is not None, 120, log.read_text)
        assert child.poll() is None, log.read_text()
        yield Worker(process=child, log=log)
    finally:
        end_group(child)
