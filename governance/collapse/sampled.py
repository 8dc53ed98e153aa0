"""Readings of a set of samples: each model's value, and the candidate against a reference by a paired jackknife over prompts."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from governance.collapse.evidence import CANDIDATE, Floats, Unmeasured
from governance.collapse.intervals import Comparison, compare_logs, jackknife_se
from governance.collapse.metric import Better, Case, Kind, Metric, Reading
from governance.collapse.noise import Noise
from governance.collapse.samples import Samples, SampleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A statistic of a whole set, without each of its groups of prompts in turn, and for counts of distinct things without each two.

    `without` has the shape (groups,), `without_two` (groups, groups), symmetric, with a diagonal that is not read. A statistic for which no
    honest interval is known has only its value: models are shown beside each other and never compared, so no gate can pass on it.
    """

    value: float
    without: Floats = field(default_factory=lambda: np.zeros(0))
    without_two: Floats | None = None


NO_INTERVAL = "the metric has no interval: its values are shown, and it is never gated"
Statistic = Callable[[SampleSet, Samples], LeftOut | Unmeasured]


def sampled_metric(name: str, title: str, unit: str, better: Better, *, statistic: Statistic, kind: Kind = Kind.SAMPLED_SET) -> Metric:
    """The metric of a statistic of sample sets."""
    return Metric(name=name, title=title, unit=unit, better=better, kind=kind, measure=partial(measure_samples, statistic=statistic))


def values_only(samples: SampleSet, both: Samples, *, statistic: Statistic) -> LeftOut | Unmeasured:
    """A statistic whose interval does not hold, in simulation, what it promises: only its values are shown."""
    taken = statistic(samples, both)
    return taken if isinstance(taken, Unmeasured) else LeftOut(value=taken.value)


def measure_samples(case: Case, *, statistic: Statistic) -> Reading:
    """The statistic of each model at equal word budgets, and the log ratio against each reference with its jackknife interval."""
    references = case.evidence.references()
    if isinstance(case.samples, Unmeasured):
        missing = case.samples
        return Reading(values=dict.fromkeys((CANDIDATE, *references), missing), against=dict.fromkeys(references, missing), units=0)
    left_out = {model: _take(statistic, model, case.samples) for model in (CANDIDATE, *references)}
    values = {model: taken if isinstance(taken, Unmeasured) else taken.value for model, taken in left_out.items()}
    prompts = case.samples.prompt_count
    against = {reference: _compare(left_out[CANDIDATE], left_out[reference], case.noise, prompts) for reference in references}
    return Reading(values=values, against=against, units=prompts)


def compare_left_out(candidate: LeftOut, reference: LeftOut, noise: Noise | float, prompts: int) -> Comparison | Unmeasured:
    """The log ratio of two statistics with groups left out of both together: what the two sets share cancels."""
    if not len(candidate.without) or not len(reference.without):
        return Unmeasured(reason=NO_INTERVAL)
    for said, taken in (("candidate", candidate), ("reference", reference)):
        if not (math.isfinite(taken.value) and taken.value > 0 and bool((taken.without > 0).all())):
            return Unmeasured(reason=f"the {said} reads {taken.value:g} or lives in one group of prompts: no ratio can be taken")
    log_change = math.log(candidate.value / reference.value)
    logs = np.log(candidate.without) - np.log(reference.without)
    se = jackknife_se(log_change, logs, _pairs(candidate, reference))
    return compare_logs(log_change, se, noise, units=prompts, degrees=len(logs) - 1)


def _pairs(candidate: LeftOut, reference: LeftOut) -> Floats | None:
    one, other = candidate.without_two, reference.without_two
    if one is None or other is None or float(np.minimum(one, other).min()) <= 0:
        return None
    return np.asarray(np.log(one) - np.log(other), dtype=np.float64)


def _take(statistic: Statistic, model: str, samples: Samples) -> LeftOut | Unmeasured:
    if model not in samples.sets:
        return Unmeasured(reason=f"the {model} was not sampled at temperature {samples.temperature:g}")
    taken = statistic(samples.sets[model], samples)
    if isinstance(taken, LeftOut) and not math.isfinite(taken.value):
        return Unmeasured(reason=f"the {model}'s samples give no finite value")
    return taken


def _compare(
    candidate: LeftOut | Unmeasured, reference: LeftOut | Unmeasured, noise: Noise | float, prompts: int
) -> Comparison | Unmeasured:
    if isinstance(candidate, Unmeasured):
        return candidate
    if isinstance(reference, Unmeasured):
        return reference
    return compare_left_out(candidate, reference, noise, prompts)
