"""One run at a time per workspace. The lock is the operating system's: a killed run frees it. A note beside it says who holds it."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from governance.digest import write_document
from governance.errors import ConflictError
from governance.ports.clock import Clock


@contextmanager
def hold(path: Path, work: str, clock: Clock) -> Iterator[None]:
    """Hold the workspace for a piece of work; nested holds of one process are one hold.

    Raises: ConflictError at once, saying which process holds it, for what and since when.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0, is_singleton=True)
    note = path.with_name(f"{path.name}.json")
    try:
        lock.acquire()
    except Timeout as error:
        raise ConflictError(
            f"the workspace is held by {_holder(note)}", where=str(path.parent.parent), fix="wait for it, or stop it"
        ) from error
    try:
        if lock.lock_counter == 1:
            said = {"pid": os.getpid(), "host": socket.gethostname(), "work": work, "since": clock.now().isoformat(timespec="seconds")}
            write_document(note, {"schema": "heirloom/lock/1", **said})
        yield
    finally:
        lock.release()


def _holder(note: Path) -> str:
    try:
        said = json.loads(note.read_text())
        return f"process {said['pid']} on {said['host']} ({said['work']}, since {said['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process that has not said its name yet"
