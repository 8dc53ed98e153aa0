"""A share from rows by bin, and how wrong it is: by the luck of the batch, of the references, and of which generator it was.

The last is measured and not assumed: every held-out generator launders in turn for a quantifier that was made from the others. What that
reports for each share that was really there is its *gain*, and the gain of one more generator is predicted by Student's t on the log scale,
as the interval of a random-effects analysis is (Higgins, Thompson and Spiegelhalter 2009). So a generator whose scores have a shape that
the mixture has no place for makes the interval wide, and not wrong. Luck is the infinitesimal jackknife's (Efron 1981).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from governance.provenance.laundering.mixture import LEAST_SPREAD, Mixture, mixture_of, shares
from governance.provenance.laundering.shapes import Floats, Shapes, chances

USUAL_SHARE, USUAL_ROWS = 0.25, 1_000
"""Choices are made for a batch of this kind, never by looking at the batch."""
LEAST_SHARE, MOST_SHARE = 0.05, 0.95
"""Shares at which gains are measured: a generator that wrote nothing has none."""
LEAST_GAIN = 0.05
STEP = 0.02
"""Of the mass, moved to one bin to see what that does."""
WIDER = {2: 42.0, 3: 4.8, 4: 2.6, 5: 2.0, 6: 1.7, 7: 1.6, 8: 1.5, 9: 1.4, 10: 1.3, 11: 1.3, 12: 1.3}
"""(97.5 % quantile of Student's t / 1.96) squared, by number of generators: what a spread over few of them costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A share before it is corrected, and the standard deviations of its luck; `gain` and `spread` are of one more generator's log gain."""

    share: float
    batch: float
    references: float
    gain: float
    spread: float
    generators: int

    @property
    def corrected(self) -> float:
        return self.share / math.exp(self.gain)

    @property
    def variance(self) -> float:
        """Of the corrected share, generators counted as dear as so few of them are."""
        luck = (self.batch**2 + self.references**2) / math.exp(2 * self.gain)
        return luck + (self.corrected * self.spread) ** 2 * WIDER.get(self.generators, 1.0)

    def draws(self, stream: np.random.Generator, count: int) -> Floats:
        """Plausible true shares, below 0 and above 1 too."""
        luck = math.hypot(self.batch, self.references) * stream.standard_normal(count)
        gains = np.exp(self.gain + self.spread * stream.standard_t(self.generators - 1, count))
        found: Floats = (self.share + luck) / gains
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantifier:
    """`without[g]` is the mixture that all generators but number g give."""

    shapes: Shapes
    mixture: Mixture
    without: tuple[Mixture, ...]

    def told(self, counts: Floats) -> Told:
        """The share of a batch, given as rows by bin. It takes two generators at least to know how wrong it is."""
        people, rows = self.mixture.people, float(counts.sum())
        found = float(self.mixture.shares(counts[None])[0])
        batch = _influence(lambda moved: self.mixture.shares(rows * moved), seen := chances(counts))
        reference = _influence(lambda moved: self.mixture.shares(np.broadcast_to(counts, moved.shape), moved), people)
        gains, noise = self._gains(min(max(found, LEAST_SHARE), MOST_SHARE), rows)
        spread = float(gains.var(ddof=1))
        own = max(spread - noise, LEAST_SPREAD * spread)
        return Told(
            share=found,
            batch=math.sqrt(float(seen @ batch**2) / rows),
            references=math.sqrt(float(people @ reference**2) / float(self.shapes.human.sum())),
            gain=float(gains.mean()),
            spread=math.sqrt(own + spread / len(gains)),
            generators=len(gains),
        )

    @property
    def usual(self) -> Told:
        """What it would tell of a usual batch."""
        model = chances(self.shapes.models.sum(axis=0))
        return self.told(USUAL_ROWS * ((1 - USUAL_SHARE) * self.mixture.people + USUAL_SHARE * model))

    def _gains(self, share: float, rows: float) -> tuple[Floats, float]:
        """(log gain of each generator, the variance that so few of their rows add)."""
        people, bins = self.mixture.people, len(self.mixture.people)
        parts = self.shapes.models / self.shapes.models.sum(axis=1, keepdims=True)
        moved = np.concatenate([parts[:, None, :], (1 - STEP) * parts[:, None, :] + STEP * np.eye(bins)], axis=1)
        counts = rows * ((1 - share) * people + share * moved).reshape(-1, bins)
        models = np.repeat(np.array([mixture.models for mixture in self.without]), bins + 1, axis=0)
        told = shares(counts, people, models, self.without[0].prior).reshape(len(parts), bins + 1)
        logs = np.log(np.maximum(told / share, LEAST_GAIN))
        steps = (logs[:, 1:] - logs[:, :1]) / STEP
        steps -= (parts * steps).sum(axis=1, keepdims=True)
        noise = (parts * steps**2).sum(axis=1) / self.shapes.models.sum(axis=1)
        return logs[:, 0], float(noise.mean())


def quantifier_of(shapes: Shapes, *, moving: bool) -> Quantifier:
    """`moving` says whether the batch may tell where the launderer's scores lie."""

    def made(models: Floats) -> Mixture:
        return mixture_of(shapes.people, models, shapes.middles, moving=moving)

    without = tuple(made(np.delete(shapes.models, place, axis=0)) for place in range(shapes.generators))
    return Quantifier(shapes=shapes, mixture=made(shapes.models), without=without)


def best_quantifier(shapes: Shapes) -> tuple[Quantifier | None, float]:
    """(quantifier, its variance in a usual batch): fixed or moving, whichever is the surer by its measured errors.

    None where fewer than three generators are known: left out in turn, they leave two.
    """
    if shapes.generators < 3:
        return None, float("inf")
    both = [quantifier_of(shapes, moving=moving) for moving in (False, True)]
    variance, place = min((found.usual.variance, place) for place, found in enumerate(both))
    return both[place], variance


def _influence(told: Callable[[Floats], Floats], mass: Floats) -> Floats:
    """What a little more mass in each bin does to the share, the mean effect taken off."""
    moved = (1 - STEP) * mass + STEP * np.eye(len(mass))
    found = told(np.concatenate([mass[None], moved]))
    steps: Floats = (found[1:] - found[0]) / STEP
    return steps - float(mass @ steps)
