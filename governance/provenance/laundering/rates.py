"""A rate that was measured, how sure it is, and what a generator that nobody has seen may do to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PRIOR = 0.5
"""Jeffreys' prior for a proportion: its 95 % interval covers 95 % on average over rates, and near 0 and 1 too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`share` of `rows` independent rows. Rows that are weighted, or that come in families, count as fewer than there are."""

    share: float
    rows: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or not self.rows > 0:
            raise ValueError(f"{self.share} of {self.rows} rows is no rate")

    @property
    def variance(self) -> float:
        """Of the measured share; never 0, because a rate of 0 in 20 rows is no proof of 0."""
        smoothed = (self.share * self.rows + PRIOR) / (self.rows + 2 * PRIOR)
        return smoothed * (1 - smoothed) / self.rows

    def draws(self, stream: np.random.Generator, count: int) -> Floats:
        """Plausible true rates."""
        hits = self.share * self.rows
        return stream.beta(hits + PRIOR, self.rows - hits + PRIOR, count)


def weighted_rate(hits: npt.NDArray[np.bool_], weights: Floats, families: npt.NDArray[np.int64]) -> Rate:
    """The rate of hits, each row counted with its weight; rows of one family say less than as many strangers.

    The number of rows that it is worth is found from the scatter of whole families (Kish's design effect), and is never more than the rows.
    """
    total = float(weights.sum())
    share = float((weights * hits).sum() / total)
    even = total**2 / float((weights**2).sum())
    residual = np.bincount(families, weights=weights * (hits - share)) / total
    kinds = int((np.bincount(families) > 0).sum())
    scatter = float((residual**2).sum()) * kinds / max(kinds - 1, 1)
    smoothed = (share * even + PRIOR) / (even + 2 * PRIOR)
    worth = smoothed * (1 - smoothed) / scatter if scatter > 0 else even
    return Rate(share=min(max(share, 0.0), 1.0), rows=max(min(worth, even), 1.0))


def unseen_generator(rates: Sequence[Rate], stream: np.random.Generator, count: int) -> Floats:
    """Plausible true-positive rates of one more generator like these: Student's t on the logit scale, its spread measured over generators.

    A prediction, not a mean: whoever launders text may use one model, and it need not be one of those that were held out.
    """
    logits = np.array([logit((r.share * r.rows + PRIOR) / (r.rows + 2 * PRIOR)) for r in rates])
    kinds = len(logits)
    if kinds < 2:
        raise ValueError("the spread over one generator is not defined")
    wide = float(logits.std(ddof=1)) * math.sqrt(1 + 1 / kinds)
    found: Floats = 1 / (1 + np.exp(-(logits.mean() + wide * stream.standard_t(kinds - 1, count))))
    return found


def logit(share: float) -> float:
    return math.log(share / (1 - share))
