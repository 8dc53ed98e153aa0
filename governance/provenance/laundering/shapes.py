"""What scores look like, by who wrote the rows: how many rows of people, and of each held-out generator, lie in each of a few bins."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.provenance.laundering.rates import Rate

Floats = npt.NDArray[np.float64]

BINS = 8
"""Of 6, 8, 12 and 20 bins the more make the narrower intervals where a batch is large, and lean upwards where references are few."""
PRIOR = 0.5
"""Rows that every bin is given beside those that fell into it: no bin is impossible because nobody was seen there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shapes:
    """`lines` part scores into bins, whose mean scores are `middles`; `human` and the rows of `models` (one a generator) are rows by bin.

    Rows that are weighted, or that come in families, count as fewer than there are.
    """

    lines: Floats
    middles: Floats
    human: Floats
    models: Floats

    def counted(self, scores: Floats, worth: float) -> Floats:
        """Rows by bin, as many in all as the rows are worth."""
        return counted(self.lines, scores, np.full(len(scores), worth / max(len(scores), 1)))

    @property
    def people(self) -> Floats:
        """The chance of each bin for a person's row."""
        return chances(self.human)

    def above(self, place: int) -> tuple[Rate, list[Rate]]:
        """(rate of people, rates of the generators) above a line."""
        people, models = _tails(self.human[None])[0, place], _tails(self.models)[:, place]
        hits = [Rate(share=float(part), rows=float(rows)) for part, rows in zip(models, self.models.sum(axis=1), strict=True)]
        return Rate(share=float(people), rows=float(self.human.sum())), hits

    @property
    def generators(self) -> int:
        return len(self.models)


def shapes_of(references: Floats, weights: Floats, worth: float, known: Sequence[Floats]) -> Shapes:
    """Bins that part half human, half generated rows evenly, every generator as loud as every other; no batch is looked at."""
    scores = np.concatenate([references, *known])
    parts = [weights / weights.sum(), *(np.full(len(rows), 1 / len(rows) / len(known)) for rows in known)]
    mass = np.concatenate(parts)
    order = np.argsort(scores, kind="stable")
    heaped = np.cumsum(mass[order]) / mass.sum()
    places = np.searchsorted(heaped, np.arange(1, BINS) / BINS)
    lines = np.unique(scores[order][np.minimum(places, len(scores) - 1)])
    lines = lines[lines < scores.max()]
    return Shapes(
        lines=lines,
        middles=counted(lines, scores, mass * scores) / counted(lines, scores, mass),
        human=counted(lines, references, weights * worth / weights.sum()),
        models=np.array([counted(lines, rows, np.ones(len(rows))) for rows in known]).reshape(len(known), len(lines) + 1),
    )


def _tails(rows: Floats) -> Floats:
    """The part of each kind of rows that lies above each line."""
    beyond = rows.sum(axis=1, keepdims=True) - np.cumsum(rows, axis=1)
    found: Floats = np.clip(beyond / rows.sum(axis=1, keepdims=True), 0, 1)[:, :-1]
    return found


def counted(lines: Floats, scores: Floats, mass: Floats) -> Floats:
    return np.bincount(np.searchsorted(lines, scores), weights=mass, minlength=len(lines) + 1).astype(np.float64)


def chances(rows: Floats) -> Floats:
    """Rows by bin as chances of bins; Jeffreys' prior."""
    found: Floats = (rows + PRIOR) / (rows.sum() + PRIOR * len(rows))
    return found
