"""How far two retrains of one recipe lie apart that differ in their seed alone: assumed by policy, or pooled over human-only controls."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEAST_DEGREES = 5
"""Fewer degrees of freedom than this say too little of a variance: the assumed value stays (SCIENCE rule 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """The sd of a log reading between retrains that differ in seed alone. `degrees` is None where the policy assumed the value."""

    sd: float
    degrees: int | None = None
    controls: tuple[str, ...] = ()
    """The checkpoints that it was pooled over, by digest."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.sd) and self.sd >= 0):
            raise ValueError(f"sd: {self.sd} is not a finite number from 0 up")
        if self.degrees is not None and self.degrees < LEAST_DEGREES:
            raise ValueError(f"degrees: {self.degrees} are fewer than {LEAST_DEGREES}")

    @property
    def assumed(self) -> bool:
        return self.degrees is None

    def document(self) -> dict[str, Any]:
        return {"sd": self.sd, "degrees": self.degrees, "controls": list(self.controls), "assumed": self.assumed}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Noise":
        """The inverse of `document`."""
        return cls(sd=float(document["sd"]), degrees=document["degrees"], controls=tuple(document["controls"]))


def assumed(percent: float) -> Noise:
    """What the policy takes for granted until there are controls enough, in percent of a reading."""
    return Noise(sd=percent / 100)


def pooled(groups: Sequence[Mapping[str, float]]) -> Noise | None:
    """The noise of one metric from groups of controls, checkpoint -> log reading; within a group nothing differs but the seed.

    Every group has a mean of its own, so what differs between groups is no noise: the variance is the sum of squares within groups over
    the sum of their sizes less one. None below five degrees of freedom.
    """
    several = [group for group in groups if len(group) > 1]
    degrees = sum(len(group) - 1 for group in several)
    if degrees < LEAST_DEGREES:
        return None
    squares = sum(sum((value - sum(group.values()) / len(group)) ** 2 for value in group.values()) for group in several)
    return Noise(sd=math.sqrt(squares / degrees), degrees=degrees, controls=tuple(sorted(name for group in several for name in group)))


def effective_degrees(sampling_se: float, degrees: int, noise: Noise) -> int:
    """Degrees of freedom of the two variances together (Satterthwaite 1946), rounded down; never fewer than the fewer of the two."""
    size = math.hypot(sampling_se, noise.sd)
    if noise.degrees is None or size == 0:
        return degrees
    own = min((noise.sd / size) ** 2, 1.0)
    return int(1 / ((1 - own) ** 2 / degrees + own**2 / noise.degrees) + 1e-9)
