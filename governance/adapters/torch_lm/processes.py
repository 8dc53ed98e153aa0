"""Training in several processes of this machine: torchrun starts them, and each computes gradients on its part of every batch.

The parent reads the progress of rank 0 from a pipe. Where the parent is killed that pipe breaks, rank 0 stops at its next step, and
torchrun ends the others. The lock outlives the parent in torchrun, so that the next call waits for that before it goes on from the last
whole save.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from governance import errors
from governance.adapters.torch_lm.saves import last_save, open_scratch
from governance.digest import read_document, write_document
from governance.errors import DependencyError, GovernanceError
from governance.ports.trainer import TrainingCurve, TrainingJob
from governance.section import read_section, section_document
from governance.training.recipe import Recipe

JOB, CURVE, SAID, LOCK = "job.json", "curve.json", "said.txt", "processes.lock"
WORKER = "governance.adapters.torch_lm.worker"
PROGRESS = "heirloom-progress"
"""How a line of rank 0 begins that is progress: steps done, steps in all, loss."""
_PLACES = ("start", "rows", "scratch", "checkpoint", "batch_log")
_SAID_CHARACTERS = 600


def train_in_processes(job: TrainingJob) -> TrainingCurve:
    """Train as `recipe.processes` ranks; the same job on the same number of processes gives the same bytes.

    Raises: what training raises in any of them; DependencyError where a process died without a word of ours.
    """
    with (job.scratch / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _locked(job, job.scratch / "processes", lock.fileno())


def _locked(job: TrainingJob, place: Path, lock: int) -> TrainingCurve:
    shutil.rmtree(place, ignore_errors=True)
    last_save(open_scratch(job))  # tidied here once: ranks only look
    write_document(place / JOB, job_document(job))
    code = _run(job, place, lock)
    for path in sorted(place.glob("error-*.json")):
        raise error_of(read_document(path))
    if code != 0 or not (place / CURVE).is_file():
        raise DependencyError(
            f"a training process ended with {code}: {(place / SAID).read_text(errors='replace')[-_SAID_CHARACTERS:].strip()}",
            where="torchrun",
            expected=f"{job.recipe.processes} processes that train to the end (policy.training.recipe.processes)",
            fix="run train again: it goes on from the last whole save",
        )
    curve = curve_of(read_document(place / CURVE))
    shutil.rmtree(place)
    return curve


def _run(job: TrainingJob, place: Path, lock: int) -> int:
    launch = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(job.recipe.processes))
    with (
        (place / SAID).open("w") as said,
        subprocess.Popen(
            [*launch, "-m", WORKER, str(place)], stdout=subprocess.PIPE, stderr=said, text=True, start_new_session=True, pass_fds=(lock,)
        ) as running,
    ):
        try:
            for line in running.stdout or ():
                if line.startswith(PROGRESS):
                    done, total, loss = line.removeprefix(PROGRESS).split()
                    job.progress(int(done), int(total), float(loss))
        except BaseException:
            os.killpg(running.pid, signal.SIGKILL)
            raise
    return running.returncode


def tell(done: int, total: int, loss: float) -> None:
    """Progress as a line that the parent reads."""
    sys.stdout.write(f"{PROGRESS} {done} {total} {loss!r}\n")
    sys.stdout.flush()


def job_document(job: TrainingJob) -> dict[str, Any]:
    """A job as JSON, all but whom it tells its progress."""
    places = {name: str(getattr(job, name).absolute()) for name in _PLACES}
    numbers = {name: getattr(job, name) for name in ("seed", "anchor_percent", "synthetic_cap_percent")}
    return {**places, **numbers, "recipe": section_document(job.recipe)}


def job_of(document: Mapping[str, Any]) -> TrainingJob:
    """The inverse of `job_document`; it tells its progress in lines."""
    recipe: Recipe = read_section(Recipe, document["recipe"], "job.json recipe")
    places = {name: Path(document[name]) for name in _PLACES}
    return TrainingJob(**{**document, **places, "recipe": recipe, "progress": tell})


def curve_document(curve: TrainingCurve) -> dict[str, Any]:
    """A curve as JSON."""
    return asdict(curve)


def curve_of(document: Mapping[str, Any]) -> TrainingCurve:
    """The inverse of `curve_document`."""
    floats = {name: tuple(float(x) for x in document[name]) for name in ("losses", "learning_rates", "gradient_norms")}
    return TrainingCurve(**{**document, **floats, "steps": tuple(document["steps"])})


def error_document(error: GovernanceError) -> dict[str, Any]:
    """A deliberate error as JSON."""
    words = {name: getattr(error, name) for name in ("found", "expected", "where", "fix")}
    return {"kind": type(error).__name__, **words, "examples": list(error.examples)}


def error_of(document: Mapping[str, Any]) -> GovernanceError:
    """The inverse of `error_document`."""
    kind: type[GovernanceError] = getattr(errors, document["kind"])
    words = {name: document[name] for name in ("expected", "where", "fix", "examples")}
    return kind(document["found"], **words)
