"""Doubtful rows: rows that claim to be human and look otherwise to some signal. A doubt is a question to a person and never an answer.

A row is compared with pinned human rows of its own slice alone, and is doubted where fewer of them than the policy's rate score as
high (a conformal test). So human rows of each slice are doubted at that rate at most, however odd the slice: what its pinned rows look
like is by definition not suspicious there. A slice with too few pinned rows for the rate is not judged by such signals at all.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.sight import Eyes, Seen
from governance.provenance.laundering.signal import Floats

REASONS = pl.List(pl.Struct({"signal": pl.String(), "score": pl.Float64(), "human_rows_per_thousand": pl.Float64()}))
DOUBTFUL_SCHEMA = pl.Schema(
    {
        "row_id": pl.String(),
        "sha256": pl.String(),
        "slice": pl.String(),
        "source_tier": pl.String(),
        "source_file": pl.String(),
        "line": pl.Int64(),
        "reasons": REASONS,  # strongest first; the rate is that of pinned human rows of the slice that score as high
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """The rows that fit into the queue, strongest doubt first, and how many there are by signal and slice, queued or not."""

    queued: pl.DataFrame
    rows: int
    by_signal: dict[str, int]
    by_slice: dict[str, int]


def doubts_of(eyes: Eyes, rules: LaunderingRules) -> Doubts:
    """Every doubt about the claimed rows of a material, whose frame has the columns of the row schema but for the text."""
    claimed = eyes.material.claimed
    rates = {one.signal.name: _doubted(eyes, one, rules) for one in eyes.seen if one.reading is not None}
    hit = np.column_stack([np.full(claimed.height, np.nan), *rates.values()])
    strength = np.nan_to_num(hit, nan=np.inf).min(axis=1)
    ours = np.zeros(claimed.height, dtype=bool)
    for one in eyes.seen:
        if one.signal.only_ours and one.signal.name in rates:
            ours |= ~np.isnan(rates[one.signal.name])
    places = np.isfinite(strength).nonzero()[0]
    order = places[np.lexsort((places, strength[places], ~ours[places]))]
    queued = claimed[order[: rules.queue_limit]].drop("text", "family", "domain", "vintage", strict=False)
    reasons = [_reasons(eyes, rates, place) for place in order[: rules.queue_limit]]
    return Doubts(
        queued=queued.with_columns(pl.Series("reasons", reasons, dtype=REASONS))
        .select(DOUBTFUL_SCHEMA.names())
        .cast(dict(DOUBTFUL_SCHEMA)),
        rows=len(order),
        by_signal={name: int((~np.isnan(found)).sum()) for name, found in rates.items()},
        by_slice=dict(claimed[order].group_by("slice").len().sort("slice").iter_rows()),
    )


def _reasons(eyes: Eyes, rates: dict[str, Floats], place: int) -> list[dict[str, object]]:
    found = []
    for one in eyes.seen:
        rate = rates.get(one.signal.name)
        if one.reading is not None and rate is not None and not np.isnan(rate[place]):
            score = round(float(one.reading.claimed[place]), 4)
            found.append({"signal": one.signal.name, "score": score, "human_rows_per_thousand": round(float(rate[place]) * 1000, 2)})
    return sorted(found, key=lambda reason: float(str(reason["human_rows_per_thousand"])))


def _doubted(eyes: Eyes, one: Seen, rules: LaunderingRules) -> Floats:
    """Per claimed row how many pinned human rows of its slice, as a rate, score as high; NaN where there is no doubt."""
    found = np.full(eyes.material.claimed.height, np.nan)
    if one.reading is None:
        return found
    for name in sorted(set(eyes.material.claimed["slice"])):
        mine = (eyes.material.claimed["slice"] == name).to_numpy() & ~np.isnan(one.reading.claimed)
        humans = (eyes.material.references["slice"] == name).to_numpy() & ~np.isnan(one.reading.references)
        found[mine] = _as_high(one.reading.claimed[mine], np.sort(one.reading.references[humans]))
    line = -np.inf if one.signal.line is None else one.signal.line
    doubted = found * 1000 <= rules.doubt_per_thousand
    if one.signal.only_ours:
        doubted = np.ones(len(found), dtype=bool)
    with np.errstate(invalid="ignore"):
        kept: npt.NDArray[np.bool_] = doubted & (one.reading.claimed > line)
    return np.where(kept, found, np.nan)


def _as_high(scores: Floats, humans: Floats) -> Floats:
    """The conformal p-value: never 0, so that few human rows cannot make a doubt."""
    above = len(humans) - np.searchsorted(humans, scores, side="left")
    return np.asarray((above + 1) / (len(humans) + 1), dtype=np.float64)
