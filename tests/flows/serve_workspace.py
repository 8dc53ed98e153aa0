"""A tiny workspace, and a `heirloom serve` of it in a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

HEIRLOOM = str(Path(sys.executable).with_name("heirloom"))
POLICY = """
[line]
model = "tiny"
[training]
trainer = "ngram"
"""


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_", "HEIRLOOM_"))}
    return {**kept, **more}


def made(folder: Path, *, retrain: str = "", monitor: str = "", reconcile: str = "") -> Path:
    subprocess.run([HEIRLOOM, "init", str(folder)], check=True, capture_output=True, env=environment())
    folder.joinpath("policy.toml").write_text(POLICY)
    folder.joinpath("heirloom.toml").write_text(
        f'[source]\nname = "folder"\n[teacher]\nname = ""\n'
        f'[schedule]\nretrain = "{retrain}"\nmonitor = "{monitor}"\nreconcile = "{reconcile}"\n'
    )
    return folder


@dataclass(frozen=True)
class Serving:
    process: "subprocess.Popen[str]"
    page: str
    server_pid: int | None
    """None where the server was named by PREFECT_API_URL and is none of ours."""
    errors: Path

    def ask(self, what: str, **query: Any) -> Any:
        return httpx.post(f"{self.page}/api/{what}/filter", json=query, timeout=10).raise_for_status().json()

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=90)


@contextmanager
def serving(workspace: Path, **more: str) -> Iterator[Serving]:
    errors = workspace.with_suffix(".err")
    with errors.open("w") as stream:
        command = [HEIRLOOM, "serve", "--json", "--workspace", str(workspace)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True, env=environment(**more), cwd=workspace.parent)
    try:
        until(lambda: "Page: " in errors.read_text() or child.poll() is not None, 150)
        found = re.search(r"Page: (http://\S+)", errors.read_text())
        assert found, errors.read_text()
        note = workspace / ".heirloom" / "prefect" / "server.json"
        yield Serving(
            process=child, page=found[1], server_pid=json.loads(note.read_text())["pid"] if note.exists() else None, errors=errors
        )
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


def until(true: Callable[[], Any], seconds: float) -> Any:
    """What `true` returns once it is true; a bounded wait for another process, which is what these tests are about."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not true after {seconds} s"
        time.sleep(0.5)
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
