"""An in-domain classifier: logistic regression over character 2-, 3- and 4-grams, pinned human rows against declared model rows.

Each domain has its own classifiers. Rows are parted by family into two halves and generators into groups; a row is scored by a classifier
that saw neither its half nor (known rows) its generator's group. References and claimed rows take the classifier that the hash of their
family names, so that both are scored alike.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from governance.provenance.laundering.hashed_text import BUCKETS, Matrix, hashed_texts
from governance.provenance.laundering.logistic import Line, fit_line
from governance.provenance.laundering.signal import Floats, Material, Reading, Signal, Unmeasured

Ints = npt.NDArray[np.int64]

HALVES, MOST_GROUPS = 2, 5
MOST_ROWS = 1_500
"""Rows of each side that a classifier learns from."""
LEAST_REFERENCES, LEAST_KNOWN = 40, 20
_TEXTS_AT_A_TIME = 1_000


def measure(material: Material) -> Reading | Unmeasured:
    if material.known.is_empty():
        return Unmeasured(reason="the batch declares no model text to learn from")
    parts = (material.references, material.known, material.claimed)
    found = [np.full(rows.height, np.nan) for rows in parts]
    for domain in sorted(set(material.claimed["domain"].drop_nulls())):
        places = [rows["domain"].eq_missing(domain).to_numpy().nonzero()[0] for rows in parts]
        if len(places[0]) < LEAST_REFERENCES or len(places[1]) < LEAST_KNOWN:
            continue
        sides = [rows[where] for rows, where in zip(parts, places, strict=True)]
        for scores, where, own in zip(found, places, _domain_scores(*sides), strict=True):
            scores[where] = own
    if np.isnan(found[2]).all():
        return Unmeasured(reason=f"no domain has {LEAST_REFERENCES} pinned human rows and {LEAST_KNOWN} declared model rows")
    return Reading(references=found[0], known=found[1], claimed=found[2])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """Hashed rows of one kind with their half and their group of generators."""

    rows: Matrix
    half: Ints
    group: Ints


def _domain_scores(references: pl.DataFrame, known: pl.DataFrame, claimed: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    names = sorted(set(known["generator"]))
    groups = max(min(len(names), MOST_GROUPS), 1)
    group_of = {name: place % groups for place, name in enumerate(names)}
    human = _side(references, groups, None)
    model = _side(known, groups, np.array([group_of[name] for name in known["generator"]]))
    balance = _balance(known["generator"])
    scores = [np.full(rows.height, np.nan) for rows in (references, known, claimed)]
    halves, chosen = _drawn(claimed, groups)
    for half in range(HALVES):
        for group in range(groups):
            line = _learnt(human, model, balance, half, group, held_out=len(names) > 1)
            own = human.rows[human.half == half]
            middle, spread = _standard(line.scores(own))
            mine = (human.half == half) & (human.group == group)
            scores[0][mine] = (line.scores(human.rows[mine]) - middle) / spread
            if len(names) > 1:
                mine = (model.half == half) & (model.group == group)
                scores[1][mine] = (line.scores(model.rows[mine]) - middle) / spread
            places = ((halves == half) & (chosen == group)).nonzero()[0]
            for first in range(0, len(places), _TEXTS_AT_A_TIME):
                some = places[first : first + _TEXTS_AT_A_TIME]
                scores[2][some] = (line.scores(hashed_texts(claimed["text"][some].to_list())) - middle) / spread
    return scores[0], scores[1], scores[2]


def _side(rows: pl.DataFrame, groups: int, own_group: Ints | None) -> _Side:
    halves, chosen = _drawn(rows, groups)
    return _Side(rows=hashed_texts(rows["text"].to_list()), half=halves, group=chosen if own_group is None else own_group)


def _drawn(rows: pl.DataFrame, groups: int) -> tuple[Ints, Ints]:
    """(half, group) by the number of the family: siblings stay together."""
    family = rows["family"].to_numpy().astype(np.uint64)
    return (family % np.uint64(HALVES)).astype(np.int64), (family // np.uint64(HALVES) % np.uint64(groups)).astype(np.int64)


def _balance(generators: pl.Series) -> Floats:
    """Every generator weighs as much as every other, however much it wrote."""
    counts = pl.DataFrame({"name": generators}).select(pl.len().over("name"))["len"].to_numpy()
    return np.asarray(1.0 / counts, dtype=np.float64)


def _learnt(human: _Side, model: _Side, balance: Floats, half: int, group: int, *, held_out: bool) -> Line:
    mine = (human.half != half).nonzero()[0][:MOST_ROWS]
    theirs = ((model.half != half) & ((model.group != group) | (not held_out))).nonzero()[0]
    theirs = theirs[:: max(1, -(-len(theirs) // MOST_ROWS))]
    if not len(mine) or not len(theirs):
        return Line(weights=np.zeros(BUCKETS, dtype=np.float32), offset=0.0)
    weight = np.concatenate([np.full(len(mine), 1.0), balance[theirs] * len(mine) / balance[theirs].sum()])
    positive = np.repeat([False, True], [len(mine), len(theirs)])
    return fit_line(np.concatenate([human.rows[mine], model.rows[theirs]]), positive, weight)


def _standard(scores: Floats) -> tuple[float, float]:
    if len(scores) < 2 or scores.std() == 0:
        return 0.0, 1.0
    return float(scores.mean()), float(scores.std())


SIGNAL = Signal(
    name="style",
    title="character n-gram classifier, held-out generators",
    doubt="is written more like the known models than pinned human rows of its slice are",
    measure=measure,
)
