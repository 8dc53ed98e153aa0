"""Readings of questions that a model answers by likelihood: rare names, and sentinels of which one version is true."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from governance.collapse.evidence import CANDIDATE, Evidence, Floats, Mask, Unmeasured
from governance.collapse.intervals import Comparison, compare_logs, jackknife_se
from governance.collapse.metric import Better, Case, Kind, Metric, Reading
from governance.collapse.noise import Noise
from governance.collapse.rates import mean_of, numbered, smoothed_rate
from governance.collapse.sampled import compare_left_out
from governance.errors import shown

CLOZE, SENTINELS = "cloze", "sentinels"
SHARD_OF = {CLOZE: "tail"}
"""Task -> the pinned shard that its questions were made of; sentinels are held by the digest that was frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One model's answers, in order of question: by how many bits the truth is likelier than the likeliest falsehood."""

    ids: tuple[str, ...]
    sources: tuple[str, ...]
    margins: Floats


Counted = Callable[[Floats], Mask]
"""Which answers a rate counts, from their margins."""


def rate_metric(name: str, title: str, unit: str, better: Better, *, task: str, counted: Counted) -> Metric:
    """The share of answers of a kind; the change is that of (counted + 1/2) / (questions + 1)."""
    measure = partial(_measure, task=task, value=partial(_share, counted=counted), compare=partial(_compare_shares, counted=counted))
    return Metric(name=name, title=title, unit=unit, better=better, kind=Kind.QUESTIONS, measure=measure)


def margin_metric(name: str, title: str, *, task: str) -> Metric:
    """The mean margin; the change is one of the odds of truth against falsehood, in geometric mean."""
    measure = partial(_measure, task=task, value=_mean, compare=_compare_margins)
    return Metric(name=name, title=title, unit="bits", better=Better.HIGHER, kind=Kind.QUESTIONS, measure=measure)


def answers_of(evidence: Evidence, task: str, model: str) -> Answers | Unmeasured:
    """The answers of one model to one task, where every one of them is a real reading."""
    frame = evidence.choices.filter((pl.col("task") == task) & (pl.col("model") == model))
    if fault := evidence.faults.get(SHARD_OF.get(task, "")):
        return Unmeasured(reason=f"the {SHARD_OF[task]} shard: {fault}")
    if frame.is_empty():
        return Unmeasured(reason=f"the {model} was asked nothing of the task {task}")
    if reason := _fault(frame):
        return Unmeasured(reason=f"the {model}, task {task}: {reason}")
    false = pl.col("bits").filter(pl.col("choice") > 0).min()
    margin = (false - pl.col("bits").filter(pl.col("choice") == 0).first()).alias("margin")
    answered = frame.group_by("question_id").agg(pl.col("source_id").first(), margin).sort("question_id")
    return Answers(
        ids=tuple(answered["question_id"]),
        sources=tuple(answered["source_id"].fill_null(answered["question_id"])),
        margins=answered["margin"].to_numpy(),
    )


def _fault(frame: pl.DataFrame) -> str:
    bits = pl.col("bits")
    bad = frame.filter(bits.is_null() | bits.is_nan() | bits.is_infinite() | (bits <= 0) | pl.col("question_id").is_null())
    if bad.height:
        return f"{bad.height} choices have no finite positive number of bits, or no question: {_ids(bad)}"
    counts = frame.group_by("question_id").agg(
        pl.len().alias("n"), pl.col("choice").n_unique().alias("kinds"), pl.col("choice").min().alias("least")
    )
    odd = counts.filter((pl.col("n") < 2) | (pl.col("n") != pl.col("kinds")) | (pl.col("least") != 0))
    return f"{odd.height} questions lack their truth or a falsehood, or have one twice: {_ids(odd)}" if odd.height else ""


def _ids(frame: pl.DataFrame) -> str:
    return shown(sorted({str(name) for name in frame["question_id"]}))


Compare = Callable[[Answers, Answers, Noise], Comparison | Unmeasured]
"""(the candidate's answers, a reference's, retrain noise) -> how the candidate changed."""


def _measure(case: Case, *, task: str, value: Callable[[Answers], float], compare: Compare) -> Reading:
    references = case.evidence.references()
    found = {model: answers_of(case.evidence, task, model) for model in (CANDIDATE, *references)}
    candidate = found[CANDIDATE]
    return Reading(
        values={model: one if isinstance(one, Unmeasured) else value(one) for model, one in found.items()},
        against={name: _paired(candidate, found[name], name, compare, case.noise) for name in references},
        units=0 if isinstance(candidate, Unmeasured) else len(set(candidate.sources)),
    )


def _paired(
    candidate: Answers | Unmeasured, other: Answers | Unmeasured, reference: str, compare: Compare, noise: Noise
) -> Comparison | Unmeasured:
    if isinstance(candidate, Unmeasured):
        return candidate
    if isinstance(other, Unmeasured):
        return other
    if (candidate.ids, candidate.sources) != (other.ids, other.sources):
        apart = sorted(set(candidate.ids) ^ set(other.ids))
        return Unmeasured(reason=f"candidate and {reference} were not asked the same questions: {shown(apart)}")
    return compare(candidate, other, noise)


def _share(answers: Answers, *, counted: Counted) -> float:
    return float(counted(answers.margins).mean())


def _mean(answers: Answers) -> float:
    return float(answers.margins.mean())


def _compare_shares(candidate: Answers, other: Answers, noise: Noise, *, counted: Counted) -> Comparison | Unmeasured:
    groups = numbered(candidate.sources)
    rates = [smoothed_rate(counted(one.margins).astype(np.float64), np.ones(len(one.ids)), groups) for one in (candidate, other)]
    mine, theirs = rates
    if isinstance(mine, Unmeasured):
        return mine
    if isinstance(theirs, Unmeasured):
        return theirs
    return compare_left_out(mine, theirs, noise, len(mine.without))


def _compare_margins(candidate: Answers, other: Answers, noise: Noise) -> Comparison | Unmeasured:
    gained = mean_of(candidate.margins - other.margins, np.ones(len(candidate.ids)), numbered(candidate.sources))
    if isinstance(gained, Unmeasured):
        return gained
    nats, without = math.log(2) * gained[0], math.log(2) * gained[1]
    return compare_logs(nats, jackknife_se(nats, without), noise, units=len(without), degrees=len(without) - 1)
