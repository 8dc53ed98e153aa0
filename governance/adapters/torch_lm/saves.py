"""Saves inside a run's own scratch folder: which of them are whole, and whose they are.

Optimizer and generator states are pickles; they are read from here alone, where only this trainer writes, and never leave.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from governance.digest import Manifest, canonical_bytes, digest_file, read_document, write_document
from governance.errors import IntegrityError
from governance.ports.trainer import TrainingJob
from governance.section import section_document

JOB, WHOLE = "job.json", "whole.json"
PREFIX = "checkpoint-"
"""The name that the Trainer gives its saves, before the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """A whole save: its folder, steps taken, and the numbers of the batches that they were taken on."""

    folder: Path
    step: int
    trained: tuple[int, ...]


def open_scratch(job: TrainingJob) -> Path:
    """The folder of this job's saves, emptied where it holds those of another job: other rows, start, recipe, caps or seed."""
    folder = job.scratch / "saves"
    document = _job_document(job)
    path = folder / JOB
    if not path.is_file() or path.read_text() != _written(document):
        shutil.rmtree(folder, ignore_errors=True)
        write_document(path, document)
    return folder


def mark_save(folder: Path, step: int, trained: Sequence[int]) -> None:
    """Call a save whole; a save that a kill cut short has no such mark and is not resumed from."""
    write_document(folder / f"{PREFIX}{step}" / WHOLE, {"step": step, "trained": list(trained)})


def last_save(folder: Path) -> Save | None:
    """The whole save with the most steps, or None; what a kill left behind half written is removed."""
    found: list[Save] = []
    for place in sorted(folder.glob(f"{PREFIX}*")):
        mark = _read_mark(place)
        if mark is None:
            shutil.rmtree(place)
        else:
            found.append(mark)
    return max(found, key=lambda save: save.step, default=None)


def _read_mark(place: Path) -> Save | None:
    try:
        mark = read_document(place / WHOLE)
    except IntegrityError:
        return None
    return Save(folder=place, step=int(mark["step"]), trained=tuple(mark["trained"]))


def _job_document(job: TrainingJob) -> dict[str, object]:
    return {
        "start": Manifest.of(job.start).digest,
        "rows": digest_file(job.rows),
        "recipe": section_document(job.recipe),
        "seed": job.seed,
        "anchor_percent": job.anchor_percent,
        "synthetic_cap_percent": job.synthetic_cap_percent,
    }


def _written(document: dict[str, object]) -> str:
    return canonical_bytes(document).decode() + "\n"
