"""One detector in one domain: where it draws the line, and how often it is wrong on each side of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.provenance.laundering.rates import Rate, weighted_rate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEVELS = (0.70, 0.80, 0.85, 0.90, 0.95, 0.975, 0.99)
"""Shares of human reference rows below the line: few, so that choosing among them adds next to no optimism."""
DEFAULT_LEVEL = 0.95
USUAL_SHARE, USUAL_ROWS = 0.25, 1_000
"""The line is chosen for a batch of this kind, never by looking at the batch."""
_WIDER = {2: 42.0, 3: 4.8, 4: 2.6, 5: 2.0, 6: 1.7, 7: 1.6, 8: 1.5, 9: 1.4, 10: 1.3, 11: 1.3, 12: 1.3}
"""(97.5 % quantile of Student's t / 1.96) squared, by number of generators: what a spread over few of them costs."""
LEAST_ROWS = 20
"""Rows of a generator below which its true-positive rate is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A row is flagged where its score is above `line`. `hits` are true-positive rates by generator that it never saw."""

    signal: str
    line: float
    false_alarms: Rate
    hits: Mapping[str, Rate]

    @property
    def mean_hit(self) -> float:
        return sum(r.share for r in self.hits.values()) / len(self.hits) if self.hits else 0.0

    @property
    def youden(self) -> float:
        """Mean true-positive rate less the false-positive rate: 0 = it sees nothing."""
        return self.mean_hit - self.false_alarms.share

    @property
    def expected_variance(self) -> float:
        """Of the share that it would find in a usual batch; infinite where it sees nothing or its spread is unknown."""
        if len(self.hits) < 2 or self.youden <= 0:
            return float("inf")
        shares = np.array([r.share for r in self.hits.values()])
        spread = float(shares.var(ddof=1)) * (1 + 1 / len(shares)) * _WIDER.get(len(shares), 1.0)
        flagged = USUAL_SHARE * self.mean_hit + (1 - USUAL_SHARE) * self.false_alarms.share
        sampling = flagged * (1 - flagged) / USUAL_ROWS + (1 - USUAL_SHARE) ** 2 * self.false_alarms.variance
        return (sampling + USUAL_SHARE**2 * spread) / self.youden**2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """Scores of rows whose author is known, none of them by a model that saw the row, its siblings or its generator.

    `weights` bring the human references to the mix of slices of the rows that are audited; `families` number the documents that rows were
    cut from; `generators` name who wrote each known model row.
    """

    references: Floats
    weights: Floats
    families: Ints
    known: Floats
    generators: Sequence[str]

    def detector(self, signal: str, line: float | None = None) -> Detector:
        """The detector with a line of its own, or with the one that would serve a usual batch best."""
        if line is not None:
            return self._at(signal, line)
        choices = [self._at(signal, self._level(level)) for level in LEVELS]
        best = min(choices, key=lambda found: found.expected_variance)
        return best if np.isfinite(best.expected_variance) else self._at(signal, self._level(DEFAULT_LEVEL))

    def _level(self, level: float) -> float:
        order = np.argsort(self.references, kind="stable")
        mass = np.cumsum(self.weights[order]) / self.weights.sum()
        return float(self.references[order][min(int(np.searchsorted(mass, level)), len(order) - 1)])

    def _at(self, signal: str, line: float) -> Detector:
        false_alarms = weighted_rate(self.references > line, self.weights, self.families)
        return Detector(signal=signal, line=line, false_alarms=false_alarms, hits=self._hits(line))

    def _hits(self, line: float) -> Mapping[str, Rate]:
        names, owners = np.unique(np.array(self.generators, dtype=str), return_inverse=True)
        rows = np.bincount(owners, minlength=len(names))
        above = np.bincount(owners, weights=self.known > line, minlength=len(names))
        return {
            str(name): Rate(share=float(hits / count), rows=float(count))
            for name, hits, count in zip(names, above, rows, strict=True)
            if count >= LEAST_ROWS
        }
