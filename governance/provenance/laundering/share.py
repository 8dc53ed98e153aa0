"""Flagged rows -> the share that a model wrote, corrected for what the detector gets wrong; or why that cannot be told.

The correction is Rogan and Gladen's (1978), (flagged - f) / (t - f), and its interval carries all three doubts: about the flagged share,
about the false-positive rate f, and about the true-positive rate t of a generator that nobody has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from governance.provenance.laundering.detector import Detector
from governance.provenance.laundering.rates import Rate, unseen_generator
from governance.provenance.laundering.rules import LaunderingRules

Floats = npt.NDArray[np.float64]

DRAWS = 4_000
CONFIDENCE = 0.95
LEAST_GAIN = 0.02
"""Draws of t - f below this are set to it: the share they imply is the whole of [0, 1] either way, and no division by nothing."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one detector saw of the rows of a group in its own domain: `part` is the domain's part of the group's rows."""

    detector: Detector
    flagged: Rate
    part: float


def estimated(sights: Sequence[Sight], rules: LaunderingRules, stream: np.random.Generator) -> Share | NotIdentifiable:
    """The share over all domains of a group together, each domain counted by its part."""
    for sight in sights:
        if (why := unfit(sight.detector, rules, stream)) is not None:
            return why
    draws = np.zeros(DRAWS)
    for sight in sights:
        false = sight.detector.false_alarms.draws(stream, DRAWS)
        true = unseen_generator(list(sight.detector.hits.values()), stream, DRAWS)
        flagged = sight.flagged.draws(stream, DRAWS)
        draws += sight.part * np.clip((flagged - false) / np.maximum(true - false, LEAST_GAIN), 0, 1)
    middle = sum(s.part * _corrected(s) for s in sights)
    low, high = (float(edge) for edge in np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]))
    found = Share(share=min(max(middle, low), high), low=low, high=high)
    if found.half_width * 100 > rules.widest_half_width_percent:
        return NotIdentifiable(
            reason=TOO_WIDE, detail=f"the interval is +-{found.half_width:.2f}, beyond +-{rules.widest_half_width_percent / 100:.2f}"
        )
    return found


def unfit(detector: Detector, rules: LaunderingRules, stream: np.random.Generator) -> NotIdentifiable | None:
    """Why a detector cannot give a share: too few generators, or it sees too little of the least visible one that is plausible."""
    if len(detector.hits) < rules.min_generators:
        return NotIdentifiable(
            reason=TOO_FEW_GENERATORS,
            detail=f"{detector.signal}: {len(detector.hits)} held-out generators, at least {rules.min_generators} wanted",
        )
    worst = float(np.quantile(unseen_generator(list(detector.hits.values()), stream, DRAWS), 1 - CONFIDENCE))
    kept = worst - detector.false_alarms.share
    if kept * 100 < rules.min_youden_percent:
        return NotIdentifiable(
            reason=WEAK_DETECTOR,
            detail=f"{detector.signal}: {worst:.2f} of a hard generator's rows and {detector.false_alarms.share:.2f} of human rows flagged",
        )
    return None


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


def _corrected(sight: Sight) -> float:
    false = sight.detector.false_alarms.share
    return min(max((sight.flagged.share - false) / max(sight.detector.youden, LEAST_GAIN), 0.0), 1.0)
