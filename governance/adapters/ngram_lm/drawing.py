"""Drawing tokens by inverting the distribution function: one from a dense distribution, or many at once from the counts themselves."""

from dataclasses import dataclass, field

import numpy as np

from governance.adapters.ngram_lm.counts import Counts, Floats, Ints, Table
from governance.ports.language_model import Decoding


@dataclass(frozen=True, slots=True, eq=False)
class Nucleus:
    """The tokens of one context that a decoding leaves possible, in order of their number, and their running weight."""

    tokens: Ints
    mass: Floats

    def draw(self, uniform: float) -> int:
        """One of them, by inverting the distribution function at `uniform`."""
        place = int(np.searchsorted(self.mass, uniform * self.mass[-1], side="right"))
        return int(self.tokens[min(place, len(self.mass) - 1)])


def nucleus(chances: Floats, decoding: Decoding, favour: Floats | None = None) -> Nucleus:
    """What temperature and top_p leave of a distribution; temperature 0 leaves the likeliest token.

    `favour` multiplies what these two left, token by token.
    """
    every = np.arange(len(chances))
    if decoding.temperature <= 0:
        likeliest = int((chances if favour is None else chances * favour).argmax())
        return Nucleus(every[likeliest : likeliest + 1], np.ones(1))
    weights = chances if decoding.temperature == 1 else (chances / chances.max()) ** (1 / decoding.temperature)
    if decoding.top_p < 1:
        weights = weights / weights.sum()
        every = _likeliest(weights, decoding.top_p)
    held = weights[every] if favour is None else weights[every] * favour[every]
    return Nucleus(every, np.cumsum(held))


def _likeliest(weights: Floats, top_p: float) -> Ints:
    """The fewest likeliest tokens that hold `top_p` together, in order of their number; of equally likely ones the first."""
    falling = np.sort(weights)[::-1]
    count = int((np.cumsum(falling) - falling < top_p).sum())
    least = falling[count - 1]
    surely = np.flatnonzero(weights > least)
    tied = np.flatnonzero(weights == least)[: count - len(surely)]
    return np.sort(np.concatenate([surely, tied]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inverse:
    """The inverse distribution function of every context of a model, over tokens in order of their number."""

    counts: Counts
    running: tuple[Floats, ...] = field(init=False)

    def __post_init__(self) -> None:
        sums = tuple(np.concatenate([[0.0], np.cumsum(table.counts)]) for table in self.counts.tables)
        object.__setattr__(self, "running", sums)

    def tokens(self, before: Ints, last: Ints, uniforms: Floats) -> Ints:
        """For each place the first token up to which its context gives more than the uniform number, found by bisection."""
        size = self.counts.vocabulary
        contexts = (np.zeros_like(last), last, before * size + last)
        spans = [table.span(context, size) for table, context in zip(self.counts.tables, contexts, strict=True)]
        low, high = np.zeros_like(last), np.full_like(last, size - 1)
        while (low < high).any():
            middle = (low + high) // 2
            above = self._up_to(middle, contexts, spans) > uniforms
            low, high = np.where(above, low, middle + 1), np.where(above, middle, high)
        return low

    def _up_to(self, tokens: Ints, contexts: tuple[Ints, ...], spans: list[tuple[Ints, Ints]]) -> Floats:
        """P(a token of at most this number) of each context, mixed from the shortest context to the longest."""
        size = self.counts.vocabulary
        shares = (tokens + 1) / size
        for table, sums, context, span in zip(self.counts.tables, self.running, contexts, spans, strict=True):
            shares = _mixed(table, sums, context * size + tokens, span, shares)
        return shares


def _mixed(table: Table, sums: Floats, keys: Ints, span: tuple[Ints, Ints], shorter: Floats) -> Floats:
    first, after = span
    kinds = (after - first).astype(np.float64)
    total = sums[after] - sums[first]
    own = sums[np.searchsorted(table.keys, keys, side="right")] - sums[first]
    return np.where(kinds > 0, (own + kinds * shorter) / np.maximum(total + kinds, 1e-300), shorter)
