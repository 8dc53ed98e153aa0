"""What a team's own benchmarks say of a candidate, a champion and a baseline: it stands beside the gates, and no verdict is made of it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.provenance.corpus.shares import wilson

SCORES_SCHEMA = "heirloom/task-scores/1"
"""What a benchmark writes; `SCHEMA` is what is kept of it for one candidate."""
SCHEMA = "heirloom/tasks/1"
TASKS_FILE = "tasks.json"
HIGHER, LOWER = "higher", "lower"
CANDIDATE = "candidate"
NOT_NAMED = "heirloom.toml names no file of task scores"
_TASK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScore:
    """One score of one checkpoint. With `questions` it is the share of so many that were done right, or wrong where lower is better."""

    checkpoint: str
    task: str
    score: float
    questions: int | None = None
    better: str = HIGHER

    def __post_init__(self) -> None:
        if not _DIGEST.fullmatch(self.checkpoint):
            raise ValueError("checkpoint: is no sha256 of a model, 64 hex digits as heirloom review shows them")
        if not _TASK.fullmatch(self.task):
            raise ValueError("task: is no name of letters, digits, '.', '_' and '-', at most 80 characters")
        if not math.isfinite(self.score):
            raise ValueError(f"score: {self.score} is no finite number")
        if self.better not in (HIGHER, LOWER):
            raise ValueError(f"better: {self.better!r} is neither {HIGHER!r} nor {LOWER!r}")
        if self.questions is not None and (self.questions < 1 or not 0 <= self.score <= 1):
            raise ValueError(f"questions: {self.questions} with a score of {self.score:g}; a share of at least one question is in 0..1")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScores:
    """Every score of a file, one a checkpoint and task; which way is better is the same for all models."""

    scores: tuple[TaskScore, ...]
    file: str
    sha256: str

    def __post_init__(self) -> None:
        named = [(one.checkpoint, one.task) for one in self.scores]
        if len(set(named)) < len(named):
            checkpoint, task = next(name for place, name in enumerate(named) if name in named[:place])
            raise ValueError(f"{task} of checkpoint {checkpoint[:12]} is scored twice")
        ways = {(one.task, one.better) for one in self.scores}
        if twice := sorted(task for task, better in ways if better == HIGHER and (task, LOWER) in ways):
            raise ValueError(f"{twice[0]} is better higher and better lower")


def tasks_document(found: TaskScores, models: Mapping[str, str | None], cycle_digest: str) -> dict[str, Any]:
    """tasks.json: what the file says of these models, `models` being name -> checkpoint, the candidate first; None where there is none."""
    held = {name: {one.task: one for one in found.scores if one.checkpoint == digest} for name, digest in models.items() if digest}
    tasks = sorted({task for scores in held.values() for task in scores})
    mine = str(models[CANDIDATE])
    return {
        "schema": SCHEMA,
        "cycle_digest": cycle_digest,
        "given": bool(held[CANDIDATE]),
        "reason": "" if held[CANDIDATE] else f"{found.file} has no score of checkpoint {mine[:12]}",
        "file": {"name": found.file, "sha256": found.sha256},
        "models": {name: digest for name, digest in models.items() if digest},
        "tasks": [_task(task, {name: scores.get(task) for name, scores in held.items()}) for task in tasks],
    }


def tasks_not_given(reason: str, models: Mapping[str, str | None], cycle_digest: str) -> dict[str, Any]:
    """tasks.json where nothing could be read, and why."""
    named = {name: digest for name, digest in models.items() if digest}
    nothing = {"given": False, "reason": reason, "file": None, "tasks": []}
    return {"schema": SCHEMA, "cycle_digest": cycle_digest, "models": named, **nothing}


def difference(candidate: TaskScore, reference: TaskScore) -> dict[str, float | None]:
    """Candidate minus reference, with Newcombe's 95 % interval (1998, method 10) where both are shares of questions.

    It takes the two sets of questions for independent: of the same questions it is wider than it need be.
    """
    change, low, high = candidate.score - reference.score, None, None
    if candidate.questions is not None and reference.questions is not None:
        (low1, high1), (low2, high2) = (wilson(one.score, one.questions or 0) for one in (candidate, reference))
        low = change - math.hypot(candidate.score - low1, high2 - reference.score)
        high = change + math.hypot(high1 - candidate.score, reference.score - low2)
    return {"difference": change, "low": low, "high": high}


def surely_worse(document: Mapping[str, Any] | None) -> Sequence[tuple[str, str]]:
    """(task, reference) wherever the whole interval says that the candidate does a task worse."""
    return [
        (str(task["task"]), reference)
        for task in (document or {}).get("tasks", ())
        for reference, found in task["against"].items()
        if found["low"] is not None and (found["high"] < 0 if task["better"] == HIGHER else found["low"] > 0)
    ]


def _task(task: str, scores: Mapping[str, TaskScore | None]) -> dict[str, Any]:
    mine = scores.get(CANDIDATE)
    others = {name: score for name, score in scores.items() if name != CANDIDATE}
    return {
        "task": task,
        "better": next(score.better for score in scores.values() if score),
        "scores": {name: score.score if score else None for name, score in scores.items()},
        "questions": {name: score.questions if score else None for name, score in scores.items()},
        "against": {name: difference(mine, score) for name, score in others.items() if mine and score},
    }
