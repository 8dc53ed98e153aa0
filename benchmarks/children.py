"""A contestant is a process of its own: its CPU seconds, wall seconds and peak memory are the kernel's word for its whole process tree."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one child took; `cpu` is user plus system time of it and of all children it waited for, `peak` the largest of them in MiB."""

    wall: float
    cpu: float
    peak: float


class ChildError(RuntimeError):
    """A contestant that ended with an error; the last lines it wrote are the message."""


def measured(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end.

    Raises: ChildError where it ends with another status than 0.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
    ) as child:
        said = child.stderr.read() if child.stderr else ""
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise ChildError("\n".join(said.splitlines()[-3:]) or f"ended with {child.returncode}")
    return Cost(wall=time.perf_counter() - started, cpu=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss / 1024)
