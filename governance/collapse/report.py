"""All readings of one probe as one document: measures.json."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from governance.collapse.drawn import LEAST_GROUPS
from governance.collapse.encoder import Encoder
from governance.collapse.evidence import PLAIN, Evidence, Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Better, Case, Metric, Reading
from governance.collapse.noise import Noise
from governance.collapse.probe import Asking, ProbePlan
from governance.collapse.samples import MOST_GROUPS, Samples, equal_samples
from governance.plugins import discover
from governance.section import section_document

FROZEN_DEFAULT = "hashed character trigrams, 256 dimensions"
METRICS_PACKAGE = "governance.collapse.metrics"
NOTHING_POOLED: Mapping[str, Noise] = MappingProxyType({})


def measure_evidence(
    evidence: Evidence,
    human_texts: Sequence[str],
    plan: ProbePlan,
    seed: int,
    metrics: Mapping[str, Metric] | None = None,
    *,
    human_slices: Sequence[str] = (),
    noises: Mapping[str, Noise] = NOTHING_POOLED,
    encoder: Encoder | None = None,
) -> dict[str, Any]:
    """The document `heirloom/measures/1`: every metric that exists, read from one probe; a function of its arguments alone.

    A drill names other `metrics`, to see whether it would notice them. `noises` are those metrics' retrain noise that was pooled over
    controls; the others take the assumed one.
    """
    metrics = shipped_metrics() if metrics is None else metrics
    sampled = partial(
        equal_samples, evidence, human_texts, human_slices=human_slices, refusal_patterns=plan.refusal_patterns, encoder=encoder
    )
    cases = [_case(evidence, sampled, plan, seed, asking) for asking in plan.askings()]
    gate = next(case for case in cases if case.temperature == plan.gate_temperature and case.wording == PLAIN)
    return {
        "schema": "heirloom/measures/1",
        "models": list(evidence.models()),
        "conditions": {
            "probe": section_document(plan),
            "seed": seed,
            "embedding": FROZEN_DEFAULT if encoder is None else encoder.digest,
            "samples": {_heat(case): _budget(case) for case in cases if case.wording == PLAIN},
            "wordings": {case.wording: _budget(case) for case in cases if case.wording != PLAIN},
        },
        "metrics": [_metric_document(metric, gate, cases, noises.get(name)) for name, metric in metrics.items()],
    }


def shipped_metrics() -> Mapping[str, Metric]:
    """Every metric that exists, by name."""
    return discover(METRICS_PACKAGE, "METRIC")


def _case(evidence: Evidence, sampled: Callable[..., Samples | Unmeasured], plan: ProbePlan, seed: int, asking: Asking) -> Case:
    """Where only the values are shown, prompts are dealt to the fewest groups: no interval of theirs is read."""
    heat, wording = asking.temperature, asking.wording
    gated = heat == plan.gate_temperature and wording == PLAIN
    samples = sampled(temperature=heat, wording=wording, most_groups=MOST_GROUPS if gated else LEAST_GROUPS)
    return Case(evidence=evidence, samples=samples, plan=plan, seed=seed, temperature=heat, wording=wording)


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


def _metric_document(metric: Metric, gate: Case, cases: Sequence[Case], pooled: Noise | None) -> dict[str, Any]:
    own = replace(gate, pooled=pooled)
    entry = {**reading_document(metric, metric.measure(own)), "retrain_noise": own.noise.document()}
    if metric.kind.of_samples:
        others = [case for case in cases if case is not gate]
        entry["other_temperatures"] = {_heat(case): _values(metric, case) for case in others if case.wording == PLAIN}
        entry["other_wordings"] = {case.wording: _values(metric, case) for case in others if case.wording != PLAIN}
    return entry


def _values(metric: Metric, case: Case) -> dict[str, float | None]:
    return {model: _number(value) for model, value in metric.measure(case).values.items()}


def _heat(case: Case) -> str:
    return f"{case.temperature:g}"


def _number(value: float | Unmeasured) -> float | None:
    return None if isinstance(value, Unmeasured) or not math.isfinite(value) else value


def _budget(case: Case) -> dict[str, Any]:
    if isinstance(case.samples, Unmeasured):
        return {"reason": case.samples.reason}
    return {"prompts": case.samples.prompt_count, "words_per_model": case.samples.budget_words}
