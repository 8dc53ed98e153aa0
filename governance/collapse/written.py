"""Readings of samples as they were written, refusals among them: each model's value, and the candidate against a reference by prompt."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from governance.collapse.drawn import Drawn
from governance.collapse.evidence import BASELINE, CANDIDATE, Unmeasured, Whole, scored_documents
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Better, Case, Kind, Metric, Reading
from governance.collapse.noise import Noise
from governance.collapse.rates import mean_of, smoothed_rate
from governance.collapse.refusals import refused
from governance.collapse.sampled import LeftOut, compare_left_out
from governance.collapse.samples import MOST_GROUPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is shown of one model, and the positive statistic whose ratio to another model's is the change."""

    shown: float
    left_out: LeftOut


Takes = Callable[[Drawn, Case], Mapping[str, Taken | Unmeasured]]
"""What is read of each model that was sampled."""


def written_metric(name: str, title: str, unit: str, better: Better, *, takes: Takes) -> Metric:
    """The metric of samples as they were written."""
    return Metric(name=name, title=title, unit=unit, better=better, kind=Kind.WRITTEN, measure=partial(measure_written, takes=takes))


def measure_written(case: Case, *, takes: Takes) -> Reading:
    """The statistic of each model, and the log ratio against each reference with its jackknife interval over groups of prompts."""
    drawn, references = case.drawn(), case.evidence.references()
    if isinstance(drawn, Unmeasured):
        return Reading(values=dict.fromkeys((CANDIDATE, *references), drawn), against=dict.fromkeys(references, drawn), units=0)
    found = takes(drawn, case)
    taken = {model: found.get(model, _not_sampled(model, drawn)) for model in (CANDIDATE, *references)}
    prompts = len(np.unique(drawn.prompts))
    return Reading(
        values={model: one if isinstance(one, Unmeasured) else one.shown for model, one in taken.items()},
        against={reference: _compare(taken[CANDIDATE], taken[reference], case.noise, prompts) for reference in references},
        units=0 if isinstance(taken[CANDIDATE], Unmeasured) else prompts,
    )


def groups_of(drawn: Drawn) -> Whole:
    """Prompts dealt to at most a hundred groups in turn."""
    return drawn.prompts % MOST_GROUPS


def refusal_rates(drawn: Drawn, case: Case) -> Mapping[str, Taken | Unmeasured]:
    """The share of samples that open with a refusal (governance/collapse/refusals.py)."""
    return {model: _refusal_rate(texts, drawn, case) for model, texts in drawn.texts.items()}


def own_surprise(drawn: Drawn, case: Case) -> Mapping[str, Taken | Unmeasured]:
    """Bits per byte of each model's samples under that model itself; the ratio is one of perplexity per token of the baseline."""
    scale = _bytes_per_token(case)
    if isinstance(scale, Unmeasured):
        return dict.fromkeys(drawn.texts, scale)
    return {model: _surprise(model, drawn, math.log(2) * scale) for model in drawn.texts}


def _refusal_rate(texts: tuple[str, ...], drawn: Drawn, case: Case) -> Taken | Unmeasured:
    marks = np.array(refused(texts, case.plan.refusal_patterns), dtype=np.float64)
    found = smoothed_rate(marks, np.ones_like(marks), groups_of(drawn))
    return found if isinstance(found, Unmeasured) else Taken(shown=float(marks.mean()), left_out=found)


def _surprise(model: str, drawn: Drawn, nats_per_bit_per_byte: float) -> Taken | Unmeasured:
    size = np.array([len(text.encode()) for text in drawn.texts[model]], dtype=np.float64)
    written, bits = size > 0, drawn.bits[model]
    if not written.any():
        return Unmeasured(reason=f"the {model} wrote nothing")
    if missing := int((~np.isfinite(bits) & written).sum()):
        return Unmeasured(reason=f"{missing} samples of the {model} have no finite number of bits under it")
    groups = np.unique(groups_of(drawn)[written], return_inverse=True)[1].astype(np.int64)
    mean = mean_of(bits[written], size[written], groups)
    if isinstance(mean, Unmeasured):
        return mean
    whole, without = mean
    if whole <= 0:
        return Unmeasured(reason=f"the samples of the {model} have {whole:g} bits per byte under it, which no model can give")
    left_out = LeftOut(value=math.exp(nats_per_bit_per_byte * whole), without=np.exp(nats_per_bit_per_byte * without))
    return Taken(shown=whole, left_out=left_out)


def _bytes_per_token(case: Case) -> float | Unmeasured:
    """Of the human shard, by the baseline's tokenizer, or by the candidate's where there is no baseline."""
    baseline = scored_documents(case.evidence, "human", BASELINE)
    documents = scored_documents(case.evidence, "human", CANDIDATE) if isinstance(baseline, Unmeasured) else baseline
    return documents if isinstance(documents, Unmeasured) else documents.bytes_per_token()


def _not_sampled(model: str, drawn: Drawn) -> Unmeasured:
    return Unmeasured(reason=f"the {model} was not sampled at temperature {drawn.temperature:g}")


def _compare(candidate: Taken | Unmeasured, reference: Taken | Unmeasured, noise: Noise | float, prompts: int) -> Comparison | Unmeasured:
    if isinstance(candidate, Unmeasured):
        return candidate
    if isinstance(reference, Unmeasured):
        return reference
    if len(candidate.left_out.without) != len(reference.left_out.without):
        return Unmeasured(reason="the two models wrote to different groups of prompts")
    return compare_left_out(candidate.left_out, reference.left_out, noise, prompts)
