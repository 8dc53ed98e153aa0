"""The bound gate: pass only if the whole interval is inside the margin, block only if the whole interval is beyond it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from governance.collapse.evidence import BEST_EVER, CANDIDATE, CHAMPION, Unmeasured
from governance.collapse.intervals import Comparison
from governance.gates.gate import NO_REFERENCE, Gate, GateCase, GateResult, Verdict
from governance.gates.margins import Margin
from governance.gates.planner import units_to_settle

NOT_MEASURED = "not-measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What one comparison is held against. The limit is a share of the reference's reading, 0.05 = 5 %."""

    metric: str
    title: str
    unit: str
    against: str
    limit: float
    two_sided: bool
    minimum_units: int
    power: float


def bound_gate(metric: str, title: str, margin: Margin, *, unit: str = "documents", two_sided: bool = False) -> Gate:
    """The gate of one metric, of the same name. One-sided: more is worse. Two-sided: less is worse, and so is more than the margin."""
    judge = partial(judge_metric, metric=metric, title=title, start=margin, unit=unit, two_sided=two_sided)
    return Gate(name=metric, title=title, metric=metric, judge=judge, margin=margin, unit=unit, two_sided=two_sided)


def judge_metric(case: GateCase, *, metric: str, title: str, start: Margin, unit: str, two_sided: bool) -> tuple[GateResult, ...]:
    """One result a reference: baseline and best-ever release with the margin, the champion with the step; without references one on the
    reading alone.
    """
    margin = case.rules.margins.get(metric, start)
    power = case.rules.planned_power_percent / 100
    entry = case.metrics.get(metric, {})

    def bound(against: str, percent: float) -> Bound:
        return Bound(
            metric=metric,
            title=title,
            unit=unit,
            against=against,
            limit=percent / 100,
            two_sided=two_sided,
            minimum_units=margin.minimum_units,
            power=power,
        )

    if not case.references:
        return (_judge_reading(bound(NO_REFERENCE, margin.margin_percent), entry),)
    steps = {r: margin.champion_step_percent if r == CHAMPION else margin.margin_percent for r in case.references}
    return tuple(judge_comparison(bound(r, percent), read_comparison(case, metric, r)) for r, percent in steps.items())


def read_comparison(case: GateCase, metric: str, reference: str) -> Comparison | Unmeasured:
    """A comparison from measures.json; whatever is not one whole and finite comparison of real readings was not taken."""
    entry = case.metrics.get(metric)
    if entry is None:
        return Unmeasured(reason="the metric is not in measures.json")
    against = entry.get("against", {})
    used = reference if _taken(against.get(reference)) else case.stand_ins.get(reference, reference)
    found = against.get(used)
    if not _taken(found):
        return Unmeasured(reason=str((found or {}).get("reason") or f"there is no comparison with the {named(reference)}"))
    for model in (CANDIDATE, used):
        if not _real(value := entry.get("values", {}).get(model)):
            return Unmeasured(reason=f"the {model} reads {value!r}, which is no reading")
    try:
        return Comparison.from_document(found)
    except (KeyError, TypeError, ValueError) as error:
        return Unmeasured(reason=f"the comparison with the {reference} is not whole: {error}")


def judge_comparison(bound: Bound, found: Comparison | Unmeasured) -> GateResult:
    """The verdict on one comparison. Too few units never pass, and still block where the interval says so."""
    if isinstance(found, Unmeasured):
        return _result(bound, Verdict.INCONCLUSIVE, f"{NOT_MEASURED}: {bound.title} against the {named(bound.against)}: {found.reason}")
    beyond = found.low > bound.limit or (bound.two_sided and found.high < -bound.limit)
    inside = found.high < bound.limit and (not bound.two_sided or found.low > -bound.limit)
    said = sentence(bound, found)
    if beyond:
        return _result(bound, Verdict.BLOCK, said, found)
    if found.n < bound.minimum_units:
        missing = bound.minimum_units - found.n
        return _result(
            bound, Verdict.INCONCLUSIVE, f"{said}: fewer than the {bound.minimum_units} that may decide, {missing} are missing", found
        )
    if inside:
        return _result(bound, Verdict.PASS, said, found)
    needed = units_needed(bound, found)
    settled = f", about {needed} {bound.unit} would settle it" if needed else ""
    return _result(bound, Verdict.INCONCLUSIVE, f"{said}: the interval reaches across the limit{settled}", found)


def sentence(bound: Bound, found: Comparison) -> str:
    """What moved, how surely, what the limit was and on how much evidence."""
    limit = f"±{100 * bound.limit:.1f} %" if bound.two_sided else f"+{100 * bound.limit:.1f} %"
    moved = (
        f"{bound.title} moved {percent(found.change)} % [{percent(found.low)}, {percent(found.high)}] against the {named(bound.against)}"
    )
    return f"{moved}, limit {limit}, {found.n} {bound.unit}"


def named(reference: str) -> str:
    """A reference as it is said in a sentence."""
    return f"{reference} release" if reference == BEST_EVER else reference


def room_left(limit: float, low: float, high: float, better: str) -> float:
    """What of a margin all later cycles together may still lose: the limit less the worse end of the interval; negative where overdrawn."""
    return limit - {"two-sided": max(high, -low), "higher": -low}.get(better, high)


def percent(change: float) -> str:
    """A relative change as signed percent with one digit; a ruined model's in four significant figures."""
    return f"{100 * change:+.1f}" if abs(change) < 100 else f"{100 * change:+.4g}"


def units_needed(bound: Bound, found: Comparison) -> int | None:
    """Units that would settle this comparison, if the truth is what was observed, with the planned power; never fewer than the minimum."""
    sampling = math.sqrt(max(found.se**2 - found.noise**2, 0.0)) * math.sqrt(found.n)
    edges = [math.log1p(bound.limit)] + ([math.log1p(-bound.limit)] if bound.two_sided else [])
    planned = units_to_settle(sampling, edges, math.log1p(found.change), noise=found.noise, power=bound.power)
    return None if planned is None else max(planned, bound.minimum_units)


FEWEST_TO_FOUND = 100
"""Units under which not even a founding cycle passes (SCIENCE rule 2). A policy that asks more of a comparison asks it of comparisons:
a founding has nothing to be no worse than."""


def _judge_reading(bound: Bound, entry: Mapping[str, Any]) -> GateResult:
    value, units = entry.get("values", {}).get(CANDIDATE), entry.get("units")
    if not _real(value) or not isinstance(units, int):
        why = entry.get("reasons", {}).get(CANDIDATE) or f"the candidate reads {value!r}, which is no reading"
        return _result(bound, Verdict.INCONCLUSIVE, f"{NOT_MEASURED}: {bound.title}: {why}")
    said = f"{bound.title} reads {value:.4g} {entry.get('unit', '')} on {units} {bound.unit}, and there is no earlier model to compare with"
    least = min(bound.minimum_units, FEWEST_TO_FOUND)
    if units < least:
        return _result(bound, Verdict.INCONCLUSIVE, f"{said}: fewer than the {least} that a founding needs")
    return _result(bound, Verdict.PASS, said)


def _result(bound: Bound, verdict: Verdict, reason: str, found: Comparison | None = None) -> GateResult:
    blank = GateResult(gate=bound.metric, metric=bound.metric, against=bound.against, verdict=verdict, reason=reason)
    if found is None:
        return blank
    needed = units_needed(bound, found) if verdict is Verdict.INCONCLUSIVE else None
    return replace(blank, change=found.change, low=found.low, high=found.high, limit=bound.limit, n=found.n, documents_needed=needed)


def _taken(found: object) -> bool:
    return isinstance(found, Mapping) and found.get("change") is not None


def _real(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
