"""How the releases since the baseline stand, with the candidate at the end, and how much of each margin is left."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from governance.adapters.report.documents import CycleDocuments, Document
from governance.adapters.report.lines import Line, line_picture
from governance.adapters.report.numbers import MISSING, interval, percent
from governance.adapters.report.visible import line
from governance.gates.bounds import room_left

WATCHED = ("tail_perplexity", "human_perplexity")
_SHORT = {"tail_perplexity": "tail", "human_perplexity": "human text"}
"""Names that fit beside the end of a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One release, or the candidate: its tail and human perplexity against the baseline in words."""

    name: str
    cells: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """One margin against the baseline: how much of it the change and its bound use up."""

    title: str
    limit: str
    used: str
    left: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The picture where there are at least two steps to join, the same numbers as rows, and the budgets."""

    picture: Markup | None
    titles: Sequence[str]
    steps: Sequence[Step]
    budgets: Sequence[Budget]


def course_of(documents: CycleDocuments) -> Course | None:
    """None where nothing was compared with a baseline: a founding cycle, or one that was not measured."""
    candidate = {name: _against(documents.metric(name)) for name in WATCHED}
    if not any(candidate.values()):
        return None
    history = (documents.cycle.get("history") or {}).get("releases") or ()
    levels = [{name: (release["levels"].get(name) or {}).get("against_baseline") for name in WATCHED} for release in history]
    names = [*(f"version {release['version']}" for release in history), "candidate"]
    steps = [*levels, candidate]
    lines = [found for name in WATCHED if (found := _line(name, steps)) is not None]
    return Course(
        picture=line_picture(lines, across="retraining since the baseline", title="Perplexity against the baseline") if lines else None,
        titles=[_title(documents, name) for name in WATCHED],
        steps=[
            Step(name=line(name, 40), cells=[_cell(step[metric]) for metric in WATCHED]) for name, step in zip(names, steps, strict=True)
        ],
        budgets=[left for gate in documents.decision.get("gates", ()) if (left := _budget(documents, gate)) is not None],
    )


def _against(entry: Document) -> Document | None:
    found: Document = (entry.get("against") or {}).get("baseline") or {}
    return found if found.get("change") is not None else None


def _title(documents: CycleDocuments, name: str) -> str:
    return line(str(documents.metric(name).get("title") or name.replace("_", " ")), 80)


def _line(name: str, steps: Sequence[dict[str, Document | None]]) -> Line | None:
    """A metric's course as ratios; None where a step was not read, or there is one alone: no line is drawn through a gap."""
    found = [step[name] for step in steps]
    held = [one for one in found if one is not None]
    if len(held) < 2 or len(held) < len(found):
        return None
    values, low, high = ([1 + float(one[part]) for one in held] for part in ("change", "low", "high"))
    return Line(name=_SHORT[name], values=values, low=low, high=high, strong=name == WATCHED[0])


def _cell(found: Document | None) -> tuple[str, str]:
    return (percent(found["change"]), interval(found)) if found else (MISSING, "not read on these documents")


def _budget(documents: CycleDocuments, gate: Document) -> Budget | None:
    """What is left of a margin against the baseline after the worse end of the interval; nothing, where it is used up."""
    numbers = [gate.get(name) for name in ("low", "high", "limit")]
    if gate.get("against") != "baseline" or not all(isinstance(number, int | float) for number in numbers):
        return None
    low, high, limit = (float(number) for number in numbers)  # type: ignore[arg-type]
    metric = str(gate.get("metric"))
    left = room_left(limit, low, high, str(documents.metric(metric).get("better")))
    return Budget(
        title=_title(documents, metric),
        limit=percent(limit),
        used=percent(limit - left),
        left=f"{100 * min(left, limit):.1f} points" if left > 0 else "nothing",
    )
