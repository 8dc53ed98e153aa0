"""The audit of a batch: declared beside estimated share per batch, slice, vintage and source tier, and whether the gap stops the batch."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.share import (
    NOT_MEASURED,
    TOO_FEW_REFERENCES,
    TOO_FEW_ROWS,
    AtLeast,
    NotIdentifiable,
    Share,
    Sight,
    at_least,
    estimated,
)
from governance.provenance.laundering.sight import Eyes

BATCH, BY = "batch", ("slice", "vintage", "source_tier")
AT_HOME = (BATCH, "slice")
"""Groups for which false alarms are counted on people like theirs."""
MOST_GROUPS = 200
"""Groups of one kind that are shown, the largest first: a batch with a million slices does not make a report of a gigabyte."""
LEAST_COVERED_PERCENT = 80
"""A share of part of a group is no share of the group, unless it is nearly all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows of a batch: `declared` synthetic, and `claimed` human, of which `covered` could be looked at by a detector at home there."""

    by: str
    name: str
    rows: int
    declared: int
    claimed: int
    looked_at: int
    covered: int
    laundered: Share | NotIdentifiable
    """The share of the rows that claim to be human which a model wrote."""
    bound: AtLeast | None
    bound_signal: str
    signals: tuple[str, ...]
    """Which signals the estimate rests on."""

    @property
    def gap(self) -> float:
        """The least share of the group's rows that is model text beyond what was declared, all comparisons counted."""
        return 0.0 if self.bound is None or not self.looked_at else self.bound.surely * self.covered_claims / self.rows

    @property
    def covered_claims(self) -> float:
        """Claimed rows that the bound speaks of: those not looked at by a detector are taken for human."""
        return self.claimed * self.covered / self.looked_at

    def document(self) -> dict[str, Any]:
        """The group as a part of laundering.json; an estimate of the whole group's synthetic share beside the declared one."""
        found: dict[str, Any] = {
            "by": self.by,
            "group": self.name,
            "rows": self.rows,
            "declared_synthetic": self.declared,
            "claimed_human": self.claimed,
            "looked_at": self.looked_at,
            "covered": self.covered,
            "signals": list(self.signals),
            "gap": _rounded(self.gap),
        }
        if isinstance(self.laundered, Share):
            whole = {key: (self.declared + self.claimed * value) / self.rows for key, value in asdict(self.laundered).items()}
            found["laundered"] = {key: _rounded(value) for key, value in asdict(self.laundered).items()}
            found["synthetic"] = {key: _rounded(value) for key, value in whole.items()}
        else:
            found["not_identifiable"] = asdict(self.laundered)
        if self.bound is not None:
            found["at_least"] = {**{key: _rounded(value) for key, value in asdict(self.bound).items()}, "signal": self.bound_signal}
        return found


def groups_of(counts: pl.DataFrame, eyes: Eyes, rules: LaunderingRules, seed: int) -> tuple[Group, ...]:
    """Every group of the batch.

    `counts`: `slice`, `vintage` (a year or "unknown"), `source_tier`, `rows`, `declared` over the whole batch; the claimed rows of the
    material carry the same three columns.
    """
    wanted = [(BATCH, BATCH, counts.select(pl.col("rows", "declared").sum()).row(0)), *_wanted(counts)]
    comparisons = len(wanted) * max(sum(1 for one in eyes.seen if one.detectors), 1)
    return tuple(
        _group(eyes, rules, one, comparisons, np.random.Generator(np.random.Philox(key=[seed, place]))) for place, one in enumerate(wanted)
    )


def _wanted(counts: pl.DataFrame) -> list[tuple[str, str, tuple[int, int]]]:
    found = []
    for by in BY:
        sums = counts.group_by(by).agg(pl.col("rows", "declared").sum()).sort("rows", by, descending=[True, False]).head(MOST_GROUPS)
        found += [(by, name, (rows, declared)) for name, rows, declared in sums.iter_rows()]
    return found


def _group(
    eyes: Eyes, rules: LaunderingRules, wanted: tuple[str, str, tuple[int, int]], comparisons: int, stream: np.random.Generator
) -> Group:
    by, name, (rows, declared) = wanted
    claimed = eyes.material.claimed
    chosen = np.ones(claimed.height, dtype=bool) if by == BATCH else claimed[by].eq_missing(name).to_numpy()
    sights, covered = eyes.rival_sights(chosen, whole=by == BATCH)
    bounds = _bounds(eyes, by, chosen, comparisons, stream)
    signal, bound, bounded = max(bounds, key=lambda one: one[1].surely * one[2], default=("", None, 0))
    return Group(
        by=by,
        name=name,
        rows=rows,
        declared=declared,
        claimed=rows - declared,
        looked_at=int(chosen.sum()),
        covered=bounded if bound is not None else covered,
        laundered=_laundered(sights, covered, int(chosen.sum()), rules, stream, elsewhere=eyes.compares),
        bound=bound,
        bound_signal=signal,
        signals=tuple(sorted({sight.detector.signal for sight in sights})),
    )


def _bounds(
    eyes: Eyes, by: str, chosen: npt.NDArray[np.bool_], comparisons: int, stream: np.random.Generator
) -> list[tuple[str, AtLeast, int]]:
    """(signal, lower bound, rows that it speaks of) of every signal that has a detector for some of the rows.

    A bound can stop a batch, so it rests on like people only. False alarms are counted slice by slice, over all vintages and tiers:
    people of one year may differ from them without a model's help, and are bounded by signals that know our own text alone.
    """
    found = []
    for one in eyes.seen:
        if by not in AT_HOME and not one.signal.only_ours:
            continue
        sights, rows = eyes.sights(chosen, one, whole=by == BATCH)
        if sights:
            found.append((one.signal.name, at_least(sights, comparisons, stream), rows))
    return found


def _laundered(
    sights: Sequence[Sight], covered: int, looked_at: int, rules: LaunderingRules, stream: np.random.Generator, *, elsewhere: bool
) -> Share | NotIdentifiable:
    """`elsewhere` says that some signal could be read, if not for these rows."""
    if looked_at < rules.min_rows:
        return NotIdentifiable(reason=TOO_FEW_ROWS, detail=f"{looked_at} rows claim to be human, at least {rules.min_rows} wanted")
    if not (sights or elsewhere):
        return NotIdentifiable(reason=NOT_MEASURED, detail="no signal could be read here")
    if covered * 100 < LEAST_COVERED_PERCENT * looked_at:
        rest = f"{looked_at - covered} of {looked_at} rows are in slices without enough pinned human rows or known generators of their own"
        return NotIdentifiable(reason=TOO_FEW_REFERENCES, detail=rest)
    return estimated(sights, rules, stream)


def _rounded(value: float) -> float:
    """Six digits: more would only show in which order floats were added."""
    return 0.0 if math.isclose(value, 0, abs_tol=5e-7) else round(value, 6)


def worst(groups: Sequence[Group]) -> Group:
    """The group with the largest sure gap; the batch itself where there is none."""
    return max(groups, key=lambda group: group.gap)
