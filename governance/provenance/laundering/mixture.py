"""Rows by bin -> the share of them that a model wrote, by the likelihood of a mixture of people's scores and a model's.

Where the model's scores are held fixed this is the maximum-likelihood quantifier of Peters and Coberly (1976), whose iteration Saerens,
Latinne and Decaestecker (2002) made known; with two bins it is Rogan and Gladen's (1978) correction, and outside [0, 1] it may lie like
that one. Where they *move*, the launderer may be one whose rows score higher or lower than those of the generators that were held out: the
batch itself says how much, against a prior that those generators give (Student's t, DerSimonian and Laird's spread).
"""

from dataclasses import dataclass

import numpy as np

from governance.provenance.laundering.shapes import PRIOR, Floats

REACH, PLACES = 4.5, 13
"""A moving shape is tried in so many places, so many standard deviations either way."""
LEAST_SHARE, MOST_SHARE = -0.5, 1.5
HALVINGS = 20
"""Of an interval of 2: the share is found to 2e-6."""
TILTS, STILL = 30, 1e-9
LEAST_SPREAD = 0.25
"""Of the spread that was seen of generators, at least this part (of its square) is theirs and not their rows'."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mixture:
    """`people` are chances of bins, and so is each row of `models`: shapes that a launderer's scores may have, with a log `prior` each."""

    people: Floats
    models: Floats
    prior: Floats

    def shares(self, counts: Floats, people: Floats | None = None) -> Floats:
        """A share for each row of counts, averaged over the shapes by how well they explain it; `people` may differ row by row."""
        return shares(counts, self.people if people is None else people, self.models, self.prior)


def shares(counts: Floats, people: Floats, models: Floats, prior: Floats) -> Floats:
    """A share for each row of counts (rows x bins), which may have people (rows x bins) and models (rows x shapes x bins) of its own."""
    others = np.broadcast_to(people, counts.shape)[:, None, :]
    apart = models - others
    share = _likeliest(counts[:, None, :], others, apart)
    mixed = others + share[..., None] * apart
    sharp = (counts[:, None, :] * (apart / mixed) ** 2).sum(-1)
    told = (counts[:, None, :] * np.log(mixed)).sum(-1) + prior - 0.5 * np.log(np.maximum(sharp, 1e-9))
    weight = np.exp(told - told.max(axis=1, keepdims=True))
    found: Floats = (weight * share).sum(1) / weight.sum(1)
    return found


def mixture_of(people: Floats, models: Floats, middles: Floats, *, moving: bool) -> Mixture:
    """The mixture that these generators (rows by bin) give."""
    parts = models / models.sum(axis=1, keepdims=True)
    mean = parts.mean(axis=0) + PRIOR / models.sum()
    mean /= mean.sum()
    if not moving or len(models) < 2:
        return Mixture(people=people, models=mean[None], prior=np.zeros(1))
    places = np.linspace(-REACH, REACH, PLACES)
    loose = len(models) - 1
    prior = -(loose + 1) / 2 * np.log1p(places**2 / loose)
    return Mixture(people=people, models=_moved(mean, middles, places * _spread(parts, models.sum(axis=1), middles)), prior=prior)


def _likeliest(counts: Floats, people: Floats, apart: Floats) -> Floats:
    """Where the log-likelihood, which is concave in the share, is at its top: by halving, inside all that leaves every chance positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        edge = -people / apart
    low = np.maximum(np.where(apart > 0, edge, -np.inf).max(-1) * 0.98, LEAST_SHARE)
    high = np.minimum(np.where(apart < 0, edge, np.inf).min(-1) * 0.98, MOST_SHARE)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        rising = (counts * apart / (people + middle[..., None] * apart)).sum(-1) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    found: Floats = (low + high) / 2
    return found


def _spread(parts: Floats, rows: Floats, middles: Floats) -> float:
    """Standard deviation of the place of one more generator's scores, less what comes of few rows (DerSimonian and Laird 1986)."""
    place = parts @ middles
    within = float(((parts @ middles**2 - place**2) / rows).mean())
    seen = float(place.var(ddof=1))
    return float(np.sqrt(max(seen - within, LEAST_SPREAD * seen, 1e-12) + seen / len(parts)))


def _moved(shape: Floats, middles: Floats, by: Floats) -> Floats:
    """The shape tilted exponentially so that its mean score moves; never beyond the outermost bins."""
    margin = 0.03 * (middles[-1] - middles[0])
    wanted = np.clip(shape @ middles + by, middles[0] + margin, middles[-1] - margin)
    tilt, tilted = np.zeros(len(by)), np.broadcast_to(shape, (len(by), len(shape)))
    for _ in range(TILTS):
        power = tilt[:, None] * middles
        tilted = shape * np.exp(power - power.max(axis=1, keepdims=True))
        tilted = tilted / tilted.sum(axis=1, keepdims=True)
        place = tilted @ middles
        step = np.clip((wanted - place) / np.maximum(tilted @ middles**2 - place**2, 1e-3), -1, 1)
        if np.abs(step).max() < STILL:
            break
        tilt = tilt + step
    return tilted
