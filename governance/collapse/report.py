"""All readings of one probe as one document: measures.json."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from governance.collapse.evidence import Evidence, Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Better, Case, Kind, Metric, Reading
from governance.collapse.probe import ProbePlan
from governance.collapse.samples import equal_samples
from governance.plugins import discover
from governance.section import section_document

METRICS_PACKAGE = "governance.collapse.metrics"


def measure_evidence(
    evidence: Evidence,
    human_texts: Sequence[str],
    plan: ProbePlan,
    seed: int,
    metrics: Mapping[str, Metric] | None = None,
    *,
    human_slices: Sequence[str] = (),
) -> dict[str, Any]:
    """The document `heirloom/measures/1`: every metric that exists, read from one probe; a function of its arguments alone.

    A drill names other `metrics`, to see whether it would notice them.
    """
    metrics = shipped_metrics() if metrics is None else metrics
    cases = {
        heat: Case(evidence=evidence, samples=equal_samples(evidence, human_texts, heat, human_slices), plan=plan, seed=seed)
        for heat in plan.temperatures
    }
    gate = cases[plan.gate_temperature]
    return {
        "schema": "heirloom/measures/1",
        "models": list(evidence.models()),
        "conditions": {"probe": section_document(plan), "seed": seed, "samples": {f"{heat:g}": _budget(c) for heat, c in cases.items()}},
        "metrics": [_metric_document(metric, gate, cases) for metric in metrics.values()],
    }


def shipped_metrics() -> Mapping[str, Metric]:
    """Every metric that exists, by name."""
    return discover(METRICS_PACKAGE, "METRIC")


def reading_document(metric: Metric, reading: Reading) -> dict[str, Any]:
    """One metric's entry. A reading that was not taken is null in `values` and `{"change": null, "reason": ...}` in a comparison."""
    return {
        "name": metric.name,
        "title": metric.title,
        "unit": metric.unit,
        "better": metric.better.value,
        "kind": metric.kind.value,
        "values": {model: _number(value) for model, value in reading.values.items()},
        "reasons": {model: value.reason for model, value in reading.values.items() if isinstance(value, Unmeasured)},
        "units": reading.units,
        "against": {reference: comparison_document(found) for reference, found in reading.against.items()},
        "slices": {name: comparison_document(found) for name, found in reading.slices.items()},
        "worst_slice": worst_slice(reading.slices, metric.better),
    }


def comparison_document(found: Comparison | Unmeasured) -> dict[str, Any]:
    return found.document() if isinstance(found, Comparison) else {"change": None, "reason": found.reason}


def worst_slice(slices: Mapping[str, Comparison | Unmeasured], better: Better) -> str | None:
    """The slice with the strongest evidence of a loss: the bound nearest to no change decides, so a small noisy slice does not lead."""
    judged = {name: found for name, found in slices.items() if isinstance(found, Comparison)}
    if not judged:
        return None
    return max(sorted(judged), key=lambda name: _loss(judged[name], better))


def _loss(found: Comparison, better: Better) -> float:
    if better is Better.LOWER:
        return found.low
    return -found.high if better is Better.HIGHER else max(found.low, -found.high)


def _metric_document(metric: Metric, gate: Case, cases: Mapping[float, Case]) -> dict[str, Any]:
    entry = reading_document(metric, metric.measure(gate))
    if metric.kind is Kind.PAIRED_DOCUMENTS:
        return entry
    others = {heat: metric.measure(case) for heat, case in cases.items() if case is not gate}
    entry["other_temperatures"] = {
        f"{heat:g}": {model: _number(value) for model, value in reading.values.items()} for heat, reading in others.items()
    }
    return entry


def _number(value: float | Unmeasured) -> float | None:
    return None if isinstance(value, Unmeasured) or not math.isfinite(value) else value


def _budget(case: Case) -> dict[str, Any]:
    if isinstance(case.samples, Unmeasured):
        return {"reason": case.samples.reason}
    return {"prompts": case.samples.prompt_count, "words_per_model": case.samples.budget_words}
