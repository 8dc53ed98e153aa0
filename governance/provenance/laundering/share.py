"""Scores -> the share that a model wrote, corrected for what the detector gets wrong; or why that cannot be told.

The interval carries three doubts: about the rows that happened to be in the batch, about the references that happened to be pinned, and
about how a generator that nobody has seen differs from those that were held out (`quantifier`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from governance.provenance.laundering.detector import Detector
from governance.provenance.laundering.quantifier import Quantifier
from governance.provenance.laundering.rates import Rate, weighted_rate
from governance.provenance.laundering.rules import LaunderingRules

Floats = npt.NDArray[np.float64]

DRAWS = 4_000
CONFIDENCE = 0.95

TOO_FEW_ROWS, TOO_FEW_REFERENCES, TOO_FEW_GENERATORS = "too-few-rows", "too-few-references", "too-few-generators"
WEAK_DETECTOR, TOO_WIDE, NOT_MEASURED = "weak-detector", "too-wide", "not-measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """An estimated share with a 95 % interval."""

    share: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.share <= self.high <= 1:
            raise ValueError(f"{self.share} [{self.low}, {self.high}] is no share with an interval")

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NotIdentifiable:
    """The share cannot be told, and why: a class of its own, never the interval [0, 1]."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sight:
    """What one detector saw of the rows of a group in its own domain: `part` is the domain's part of the group's rows.

    `counts` are the rows by bin of the detector's quantifier, and empty where it has none.
    """

    detector: Detector
    flagged: Rate
    counts: Floats
    part: float


def seen(detector: Detector, scores: Floats, families: npt.NDArray[np.int64], part: float = 1.0) -> Sight:
    """The sight of rows with these scores; rows of one family say less than as many strangers."""
    flagged = weighted_rate(scores > detector.line, np.ones(len(scores)), families)
    counts = np.zeros(0) if detector.quantifier is None else detector.quantifier.shapes.counted(scores, flagged.rows)
    return Sight(detector=detector, flagged=flagged, counts=counts, part=part)


def estimated(sights: Sequence[Sight], rules: LaunderingRules, stream: np.random.Generator) -> Share | NotIdentifiable:
    """The share over all domains of a group together, each domain counted by its part."""
    draws, middle = np.zeros(DRAWS), 0.0
    for sight, able in [(sight, able_to_tell(sight.detector, rules)) for sight in sights]:
        if isinstance(able, NotIdentifiable):
            return able
        told = able.told(sight.counts)
        draws += sight.part * np.clip(told.draws(stream, DRAWS), 0, 1)
        middle += sight.part * min(max(told.corrected, 0.0), 1.0)
    low, high = (float(edge) for edge in np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]))
    found = Share(share=min(max(middle, low), high), low=low, high=high)
    if found.half_width * 100 > rules.widest_half_width_percent:
        return NotIdentifiable(
            reason=TOO_WIDE, detail=f"the interval is +-{found.half_width:.2f}, beyond +-{rules.widest_half_width_percent / 100:.2f}"
        )
    return found


def able_to_tell(detector: Detector, rules: LaunderingRules) -> Quantifier | NotIdentifiable:
    """The quantifier of a detector, or why it cannot give a share: too few generators, or models are not surely apart from people."""
    able = detector.quantifier
    if able is None or len(detector.hits) < rules.min_generators:
        return NotIdentifiable(
            reason=TOO_FEW_GENERATORS,
            detail=f"{detector.signal}: {len(detector.hits)} held-out generators, at least {rules.min_generators} wanted",
        )
    if detector.kept_apart * 100 < rules.min_youden_percent:
        kept = f"{100 * max(detector.kept_apart, 0):.0f} points"
        detail = f"{detector.signal}: a hard generator's rows may score above its best line only {kept} more often than human rows do"
        return NotIdentifiable(reason=WEAK_DETECTOR, detail=detail)
    return able


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """A lower bound that holds whatever generator it was: no detector flags more than all of a model's rows."""

    share: float
    low: float
    surely: float
    """The lower bound when all groups and signals of the audit are looked at together (Bonferroni): what may block a batch."""


def at_least(sights: Sequence[Sight], comparisons: int, stream: np.random.Generator) -> AtLeast:
    """(flagged - f) / (1 - f), summed over domains: only the false-positive rate has to be known."""
    draws = np.zeros(DRAWS)
    for sight in sights:
        false = sight.detector.false_alarms.draws(stream, DRAWS)
        draws += sight.part * (sight.flagged.draws(stream, DRAWS) - false) / (1 - false)
    spread = float(draws.std(ddof=1))
    middle = float(draws.mean())
    low = float(np.quantile(draws, (1 - CONFIDENCE) / 2))
    surely = middle - NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2 / max(comparisons, 1)) * spread
    return AtLeast(share=max(middle, 0.0), low=max(low, 0.0), surely=max(min(surely, low), 0.0))
