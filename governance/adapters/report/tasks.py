"""A team's own benchmark scores as rows of the report, in words, and as the sentence on what a verdict says of tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from governance.adapters.report.numbers import MINUS, MISSING, count
from governance.gates.meanings import Coverage
from governance.release.tasks import CANDIDATE, HIGHER, NOT_NAMED, surely_worse

REFERENCES = ("champion", "baseline")
TASKS_SHOWN = 40
DONE_WORSE = "Tasks are done worse"
"""The meaning of collapse (governance/gates/meanings.py) that these scores speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task: scores of the three models, and the candidate's difference from the two others with its interval."""

    task: str
    better: str
    questions: str
    scores: Sequence[str]
    against: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """The section of the report: rows, how many more there are, and where nothing was given, why."""

    rows: Sequence[TaskRow]
    hidden: int
    reason: str
    worse: str


def tasks_shown(document: Mapping[str, Any] | None) -> Tasks:
    """What the report says of tasks; absent scores are said to be absent."""
    if document is None or not document["given"]:
        return Tasks(rows=(), hidden=0, reason=str((document or {}).get("reason") or NOT_NAMED), worse="")
    tasks = document["tasks"]
    rows = [_row(task) for task in tasks[:TASKS_SHOWN]]
    return Tasks(rows=rows, hidden=len(tasks) - len(rows), reason="", worse=worse_words(document))


def worse_words(document: Mapping[str, Any] | None) -> str:
    """The tasks that the candidate surely does worse, or nothing."""
    found = [f"{task} against the {reference}" for task, reference in surely_worse(document)]
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return ", ".join(found[:5]) + more


def task_lines(document: Mapping[str, Any] | None) -> Sequence[str]:
    """The same for a terminal, a line a task."""
    shown = tasks_shown(document)
    if shown.reason:
        return [f"Own tasks: not given ({shown.reason})."]
    lines = ["Own tasks (they decide nothing):"]
    lines += [f"  {row.task:<24} {row.scores[0]:>8}  {_against_words(row)}".rstrip() for row in shown.rows]
    lines += [f"  and {shown.hidden} more in tasks.json"] * bool(shown.hidden)
    return [*lines, *([f"  Surely worse: {shown.worse}."] if shown.worse else [])]


def tasks_words(document: Mapping[str, Any]) -> str:
    """The same in one line."""
    shown = tasks_shown(document)
    if shown.reason:
        return f"not given: {shown.reason}"
    said = [f"{row.task} {row.scores[0]} ({_against_words(row) or 'no other model was scored'})" for row in shown.rows[:5]]
    more = len(shown.rows) + shown.hidden - 5
    return "; ".join([*said, *([f"{more} more"] if more > 0 else [])])


def with_tasks(meanings: Sequence[Coverage], document: Mapping[str, Any] | None) -> Sequence[Coverage]:
    """What a verdict says of tasks is nothing; who says it, or that nobody did, is said instead."""
    shown = tasks_shown(document)
    given = f"your own benchmarks: {len(shown.rows) + shown.hidden} tasks above; they excuse nothing and stop nothing"
    by = f"no scores of your own benchmarks were given: {shown.reason}" if shown.reason else given
    return [replace(one, by=by) if one.words == DONE_WORSE else one for one in meanings]


def _row(task: Mapping[str, Any]) -> TaskRow:
    asked = sorted({number for number in task["questions"].values() if number is not None})
    return TaskRow(
        task=str(task["task"]),
        better="" if task["better"] == HIGHER else "lower is better",
        questions=" / ".join(count(number) for number in asked) + (" questions" if asked else ""),
        scores=[_number(task["scores"].get(name)) for name in (CANDIDATE, *REFERENCES)],
        against=[_difference(task["against"].get(name)) for name in REFERENCES],
    )


def _difference(found: Mapping[str, Any] | None) -> tuple[str, str]:
    if found is None:
        return MISSING, ""
    bounds = "" if found["low"] is None else f"[{_signed(found['low'])}, {_signed(found['high'])}]"
    return _signed(found["difference"]), bounds


def _against_words(row: TaskRow) -> str:
    said = [f"{change} {bounds}".strip() + f" against {name}" for name, (change, bounds) in zip(REFERENCES, row.against, strict=True)]
    return ", ".join(one for one in said if not one.startswith(MISSING))


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.4g}".replace("-", MINUS)


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", MINUS)
