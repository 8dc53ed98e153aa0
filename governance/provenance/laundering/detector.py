"""One detector in one domain: where it draws the line, how often it is wrong on each side of it, and what it makes of scores as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from governance.provenance.laundering.quantifier import USUAL_ROWS, USUAL_SHARE, WIDER, Quantifier, best_quantifier
from governance.provenance.laundering.rates import Rate, unseen_generator, weighted_rate
from governance.provenance.laundering.shapes import Shapes, shapes_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEVELS = (0.70, 0.80, 0.85, 0.90, 0.95, 0.975, 0.99)
"""Shares of human reference rows below the line: few, so that choosing among them adds next to no optimism."""
DEFAULT_LEVEL = 0.95
DRAWS, SURE = 4_000, 0.95
LEAST_ROWS = 20
"""Rows of a generator below which its true-positive rate is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A row is flagged where its score is above `line`. `hits` are true-positive rates by generator that it never saw.

    The line serves lower bounds; shares are told by the `quantifier`, which is None where too few generators are known.
    """

    signal: str
    line: float
    false_alarms: Rate
    hits: Mapping[str, Rate]
    quantifier: Quantifier | None = field(default=None, compare=False)
    usual_variance: float = float("inf")
    """Of the share that it would tell of a usual batch."""
    kept_apart: float = 0.0
    """True-positive rate less false-positive rate that surely remains for one more generator, at the line that keeps most of it."""

    @property
    def mean_hit(self) -> float:
        return sum(r.share for r in self.hits.values()) / len(self.hits) if self.hits else 0.0

    @property
    def youden(self) -> float:
        """Mean true-positive rate less the false-positive rate: 0 = it sees nothing."""
        return self.mean_hit - self.false_alarms.share

    @property
    def expected_variance(self) -> float:
        """Of the share that the flagged rows of a usual batch say; infinite where it sees nothing or its spread is unknown."""
        if len(self.hits) < 2 or self.youden <= 0:
            return float("inf")
        shares = np.array([r.share for r in self.hits.values()])
        spread = float(shares.var(ddof=1)) * (1 + 1 / len(shares)) * WIDER.get(len(shares), 1.0)
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
        return self._quantified(best if np.isfinite(best.expected_variance) else self._at(signal, self._level(DEFAULT_LEVEL)))

    def _quantified(self, found: Detector) -> Detector:
        """The detector with the quantifier that is the surest of a usual batch."""
        owners = np.array(self.generators, dtype=str)
        known = [self.known[owners == name] for name in found.hits]
        shapes = shapes_of(self.references, self.weights, found.false_alarms.rows, known)
        best, variance = best_quantifier(shapes)
        return found if best is None else replace(found, quantifier=best, usual_variance=variance, kept_apart=_kept_apart(shapes))

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


def _kept_apart(shapes: Shapes) -> float:
    """Both rates were measured on few rows and few generators, so it is the lower bound of their difference that counts."""
    stream = np.random.Generator(np.random.Philox(0))
    found = [0.0]
    for place in range(len(shapes.lines)):
        false_alarms, hits = shapes.above(place)
        kept = unseen_generator(hits, stream, DRAWS) - false_alarms.draws(stream, DRAWS)
        found.append(float(np.quantile(kept, 1 - SURE)))
    return max(found)
