"""How often a model's first choice is the rare word that people wrote: read from whole words of the locked documents."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from governance.collapse.evidence import CANDIDATE, Evidence, Floats, Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Case, Reading
from governance.collapse.noise import Noise
from governance.collapse.rates import numbered, smoothed_rate
from governance.collapse.sampled import compare_left_out
from governance.errors import shown

LOCKED = ("tail", "human")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Rare words asked of each locked document and those that the model wrote as its first choice, in order of document."""

    ids: tuple[str, ...]
    sources: tuple[str, ...]
    asked: Floats
    hits: Floats


def measure_rare_words(case: Case) -> Reading:
    """The share of rare words that are first choices; the change is that of (hits + 1/2) / (words + 1), by source document."""
    references = case.evidence.references()
    found = {model: hits_of(case.evidence, model) for model in (CANDIDATE, *references)}
    candidate = found[CANDIDATE]
    return Reading(
        values={model: one if isinstance(one, Unmeasured) else float(one.hits.sum() / one.asked.sum()) for model, one in found.items()},
        against={reference: _compare(candidate, found[reference], reference, case.noise) for reference in references},
        units=0 if isinstance(candidate, Unmeasured) else len(set(candidate.sources)),
    )


def hits_of(evidence: Evidence, model: str) -> Hits | Unmeasured:
    """The rare words of one model, where every document says how many were asked and how many were hit."""
    of_model = (pl.col("model") == model) & pl.col("shard").is_in(LOCKED)
    frame = evidence.scores.filter(of_model).sort("shard", "doc_id")
    if faults := [f"the {shard} shard: {evidence.faults[shard]}" for shard in LOCKED if shard in evidence.faults]:
        return Unmeasured(reason=faults[0])
    if frame.is_empty() or frame["rare"].null_count() == frame.height:
        return Unmeasured(reason=f"the {model} was asked about no rare word")
    wrong = frame.filter(~((pl.col("rare_hits") >= 0) & (pl.col("rare_hits") <= pl.col("rare"))).fill_null(value=False))
    if wrong.height:
        return Unmeasured(reason=f"{wrong.height} documents of the {model} have no count of rare words: {shown(list(wrong['doc_id']))}")
    if not frame["rare"].sum():
        return Unmeasured(reason="the locked documents have no rare word")
    return Hits(
        ids=tuple(f"{shard}/{doc_id}" for shard, doc_id in frame.select("shard", "doc_id").iter_rows()),
        sources=tuple(frame["source_id"].fill_null(frame["doc_id"])),
        asked=frame["rare"].cast(pl.Float64).to_numpy(),
        hits=frame["rare_hits"].cast(pl.Float64).to_numpy(),
    )


def _compare(candidate: Hits | Unmeasured, other: Hits | Unmeasured, reference: str, noise: Noise) -> Comparison | Unmeasured:
    if isinstance(candidate, Unmeasured):
        return candidate
    if isinstance(other, Unmeasured):
        return other
    if candidate.ids != other.ids or not np.array_equal(candidate.asked, other.asked):
        return Unmeasured(reason=f"candidate and {reference} were not asked about the same rare words")
    groups = numbered(candidate.sources)
    mine, theirs = (smoothed_rate(one.hits, one.asked, groups) for one in (candidate, other))
    if isinstance(mine, Unmeasured):
        return mine
    if isinstance(theirs, Unmeasured):
        return theirs
    return compare_left_out(mine, theirs, noise, len(mine.without))
