"""The verdict in words and the gates as rows: what was asked, what came out, where the limit stands."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from governance.adapters.report.documents import CycleDocuments
from governance.adapters.report.drawing import interval_track
from governance.adapters.report.numbers import interval, limit_words, percent
from governance.adapters.report.visible import line

VERDICTS = ("pass", "block", "inconclusive")
REFERENCE = {"baseline": "the pre-synthetic baseline", "champion": "the champion", "best-ever": "the best-ever release"}
HEADLINE = {
    "pass": "Pass: all {count} gates hold",
    "block": "Block: {blocked} of {count} gates {was} beyond the limit",
    "inconclusive": "Inconclusive: {open} of {count} gates could not be decided",
}
SLICES_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """One gate as the page shows it; `picture` is None where there is nothing to draw."""

    title: str
    against: str
    verdict: str
    reason: str
    change: str
    interval: str
    limit: str
    n: str
    picture: Markup | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """The change of one slice in one metric."""

    slice: str
    change: str
    interval: str
    n: str
    picture: Markup | None
    reason: str


def verdict_of(document: Mapping[str, Any]) -> str:
    """The verdict of a decision or a gate; anything unknown is inconclusive, because only `pass` is a yes."""
    verdict = str(document.get("verdict"))
    return verdict if verdict in VERDICTS else "inconclusive"


def headline(decision: Mapping[str, Any]) -> str:
    """The verdict as one sentence with its counts."""
    found = [verdict_of(gate) for gate in decision["gates"]]
    verdict = verdict_of(decision)
    if not found:
        return f"{verdict.capitalize()}: no gate was judged"
    blocked = found.count("block")
    counts = {"blocked": blocked, "open": found.count("inconclusive"), "count": len(found)}
    if counts[{"pass": "count", "block": "blocked", "inconclusive": "open"}[verdict]] == 0:
        return {"block": "Block: the run as a whole is refused"}.get(verdict, "Inconclusive: the run itself is in doubt")
    if verdict == "pass" and len(found) == 1:
        return "Pass: the only gate holds"
    return HEADLINE[verdict].format(**counts, was="is" if blocked == 1 else "are")


def moved_words(cycle: Mapping[str, Any]) -> str:
    """That people moved the baseline, and how far the new one stands from the original; empty where nobody did."""
    moved = cycle.get("original_baseline")
    if not moved:
        return ""
    stands, names = moved["sealed"], " and ".join(str(name) for name in moved["approved_by"])
    change = f"{percent(stands['change'])} {interval(stands)}"
    return (
        f"{names} moved it from release {moved['from']} to release {cycle['baseline']['version']} (ledger {moved['proposal']}). The"
        f" original baseline stays release {moved['version']}: on the sealed shard the new one moved {change}"
        f" against release {moved['from']}, {stands['n']} documents."
    )


def gate_rows(documents: CycleDocuments) -> Sequence[GateRow]:
    """Every gate of the decision, those that did not pass first, in the order of the policy otherwise."""
    gates = sorted(documents.decision["gates"], key=lambda gate: verdict_of(gate) == "pass")
    return [_gate_row(gate, documents.metric(str(gate.get("metric")))) for gate in gates]


def slice_rows(documents: CycleDocuments) -> tuple[str, Sequence[SliceRow]]:
    """The title of a gated metric that has slices (that of the worst slice, where one is named), and its slices, largest loss first."""
    worst = documents.decision.get("worst_slice") or {}
    names = [str(worst.get("metric")), *(str(gate.get("metric")) for gate in documents.decision["gates"])]
    entry = next((found for found in map(documents.metric, names) if found.get("slices")), None)
    if entry is None:
        return "", []
    gate = next(gate for gate in documents.decision["gates"] if gate.get("metric") == entry["name"])
    rows = sorted(entry["slices"].items(), key=lambda item: _loss(item[1], entry["better"]))
    return str(entry["title"]), [_slice_row(name, found, gate.get("limit"), entry["better"]) for name, found in rows[:SLICES_SHOWN]]


def worst_slice_words(documents: CycleDocuments) -> str:
    """The worst slice of the decision as a phrase; empty where the decision names none."""
    worst = documents.decision.get("worst_slice")
    if not worst:
        return ""
    name = line(str(worst.get("slice")), 80)
    numbers = f"{percent(worst.get('change'))} {interval(worst)}".strip()
    metric = str(worst.get("metric") or "")
    of = f" in {line(str(documents.metric(metric).get('title', metric)), 60)}" if metric else ""
    return f"{name}{of}: {numbers}" + (f", n = {worst['n']:,}" if worst.get("n") else "")


def _gate_row(gate: Mapping[str, Any], metric: Mapping[str, Any]) -> GateRow:
    better, against = str(metric.get("better", "two-sided")), str(gate.get("against", "-"))
    return GateRow(
        title=line(str(metric.get("title") or _words(str(gate["gate"]))), 80),
        against=REFERENCE.get(against, ""),
        verdict=verdict_of(gate),
        reason=line(str(gate.get("reason") or ""), 400),
        change=percent(gate.get("change")) if against in REFERENCE else "",
        interval=interval(gate),
        limit=limit_words(gate.get("limit"), better) if against in REFERENCE else "",
        n=_n_words(gate),
        picture=_picture(gate, gate.get("limit"), better, verdict_of(gate)) if against in REFERENCE else None,
    )


def _words(name: str) -> str:
    """A plug-in's name as words."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def _slice_row(name: str, found: Mapping[str, Any], limit: float | None, better: str) -> SliceRow:
    return SliceRow(
        slice=line(name, 80),
        change=percent(found.get("change")),
        interval=interval(found),
        n="" if found.get("n") is None else f"{found['n']:,}",
        picture=_picture(found, limit, better, _slice_verdict(found, limit, better)),
        reason=line(str(found.get("reason") or ""), 120),
    )


def _slice_verdict(found: Mapping[str, Any], limit: float | None, better: str) -> str:
    """How a slice is drawn. Slices decide nothing: this says on which side of the metric's margin the interval lies."""
    if limit is None or found.get("low") is None or found.get("high") is None:
        return "inconclusive"
    turn = -1 if better == "higher" else 1
    low, high = sorted((turn * found["low"], turn * found["high"]))
    if high <= abs(limit) and (better != "two-sided" or low >= -abs(limit)):
        return "pass"
    return "block" if low > abs(limit) or (better == "two-sided" and high < -abs(limit)) else "inconclusive"


def _picture(found: Mapping[str, Any], limit: float | None, better: str, verdict: str) -> Markup | None:
    numbers = [found.get(name) for name in ("change", "low", "high")]
    if limit is None or any(number is None for number in numbers):
        return None
    change, low, high = (float(number) for number in numbers if number is not None)
    return interval_track(change, low, high, limit=float(limit), better=better, verdict=verdict)


def _n_words(gate: Mapping[str, Any]) -> str:
    n, needed = gate.get("n"), gate.get("documents_needed")
    words = f"n = {n:,}" if n else ""
    return f"{words}, {needed:,} would settle it".lstrip(", ") if needed else words


def _loss(found: Mapping[str, Any], better: str) -> float:
    if found.get("change") is None:
        return math.inf
    change = float(found["change"])
    return {"lower": -change, "higher": change}.get(better, -abs(change))
