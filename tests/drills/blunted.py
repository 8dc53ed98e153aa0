"""Metrics and gates that do not do what they say: a drill that lets one of them through is worth nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from governance.collapse.evidence import Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Case, Metric, Reading
from governance.gates.bounds import bound_gate
from governance.gates.gate import Gate, GateCase, GateResult, Verdict
from governance.gates.margins import Margin

Change = Callable[[Comparison], Comparison]


def _changed(metric: Metric, change: Change) -> Metric:
    def measure(case: Case) -> Reading:
        reading = metric.measure(case)
        against = {name: found if isinstance(found, Unmeasured) else change(found) for name, found in reading.against.items()}
        return replace(reading, against=against)

    return replace(metric, measure=measure)


def constant(metric: Metric, _margin: Margin) -> Metric:
    """Says "no change" of everything."""
    return _changed(metric, lambda found: replace(found, change=0.0, low=0.0, high=0.0))


def negated(metric: Metric, _margin: Margin) -> Metric:
    return _changed(metric, lambda found: replace(found, change=-found.change, low=-found.high, high=-found.low))


def _shifted(metric: Metric, by: float) -> Metric:
    return _changed(metric, lambda found: replace(found, change=found.change + by, low=found.low + by, high=found.high + by))


def shifted_up(metric: Metric, margin: Margin) -> Metric:
    return _shifted(metric, margin.margin_percent / 100)


def shifted_down(metric: Metric, margin: Margin) -> Metric:
    return _shifted(metric, -margin.margin_percent / 100)


METRICS = {made.__name__: made for made in (constant, negated, shifted_up, shifted_down)}


def margin_times_ten(gate: Gate) -> Gate:
    return _with_margin(gate, margin_percent=min(99.0, 10 * gate.margin.margin_percent), champion_step_percent=99.0)


def any_number_of_documents(gate: Gate) -> Gate:
    return _with_margin(gate, minimum_units=6)


def _with_margin(gate: Gate, **changes: Any) -> Gate:
    two_sided = gate.name not in ("tail_perplexity", "human_perplexity")
    return bound_gate(gate.name, gate.title, replace(gate.margin, **changes), two_sided=two_sided)


def always_passes(gate: Gate) -> Gate:
    return _says(gate, Verdict.PASS)


def always_blocks(gate: Gate) -> Gate:
    return _says(gate, Verdict.BLOCK)


def never_decides(gate: Gate) -> Gate:
    return _says(gate, Verdict.INCONCLUSIVE)


def _says(gate: Gate, verdict: Verdict) -> Gate:
    return replace(
        gate, judge=lambda _: (GateResult(gate=gate.name, metric=gate.metric, against="baseline", verdict=verdict, reason="so"),)
    )


def ignores_bounds(gate: Gate) -> Gate:
    """Takes a point for the truth."""

    def judge(case: GateCase) -> tuple[GateResult, ...]:
        entry = case.metrics[gate.metric]
        points = {name: _point(found) for name, found in entry["against"].items()}
        return gate.judge(replace(case, metrics={**case.metrics, gate.metric: {**entry, "against": points}}))

    return replace(gate, judge=judge)


def _point(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return found if found.get("change") is None else {**found, "low": found["change"], "high": found["change"]}


def looks_one_way(gate: Gate) -> Gate:
    """A gate of perplexity that asks the wrong bound: passes unless the loss is sure."""

    def judge(case: GateCase) -> tuple[GateResult, ...]:
        results = gate.judge(case)
        return tuple(r if r.verdict is Verdict.BLOCK else replace(r, verdict=Verdict.PASS) for r in results)

    return replace(gate, judge=judge)


GATES = {
    made.__name__: made
    for made in (margin_times_ten, any_number_of_documents, always_passes, always_blocks, never_decides, ignores_bounds, looks_one_way)
}
COUNTING = {made.__name__: made for made in (always_passes, always_blocks, never_decides)}
"""What can be wrong with a gate that has no margin."""
