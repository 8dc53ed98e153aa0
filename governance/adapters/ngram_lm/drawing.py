"""Drawing tokens by inverting the distribution function: one from a dense distribution, or many at once from the counts themselves."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from governance.adapters.ngram_lm.counts import Counts, Floats, Ints, Table


@dataclass(frozen=True, slots=True, eq=False)
class Nucleus:
    """The tokens of one context that a decoding leaves possible, in order of their number, and their running weight."""

    tokens: Ints
    mass: Floats

    def draw(self, uniform: float) -> int:
        """One of them, by inverting the distribution function at `uniform`."""
        place = int(np.searchsorted(self.mass, uniform * self.mass[-1], side="right"))
        return int(self.tokens[min(place, len(self.mass) - 1)])


def nuclei(weights: Floats, top_p: float = 1.0, favour: Floats | None = None) -> list[Nucleus]:
    """What top_p leaves of each distribution, a row a place, its weights up to a factor.

    `favour` multiplies what it left, token by token.
    """
    every = np.arange(weights.shape[1])
    if top_p >= 1:
        return [Nucleus(every, mass) for mass in np.cumsum(weights if favour is None else weights * favour, axis=1)]
    weights = weights / weights.sum(axis=1, keepdims=True)
    found = []
    for mine, kept in zip(weights, _likeliest(weights, top_p), strict=True):
        tokens = np.flatnonzero(kept)
        found.append(Nucleus(tokens, np.cumsum(mine[tokens] if favour is None else mine[tokens] * favour[tokens])))
    return found


def coldest(chances: Floats) -> list[Nucleus]:
    """What temperature 0 leaves: the likeliest token of each row."""
    return [Nucleus(np.array([token]), np.ones(1)) for token in chances.argmax(axis=1).tolist()]


def _likeliest(weights: Floats, top_p: float) -> npt.NDArray[np.bool_]:
    """The fewest likeliest tokens of each row that hold `top_p` together; of equally likely ones the first."""
    falling = np.sort(weights, axis=1)[:, ::-1]
    count = (np.cumsum(falling, axis=1) - falling < top_p).sum(axis=1)
    least = falling[np.arange(len(weights)), count - 1][:, None]
    kept: npt.NDArray[np.bool_] = weights >= least
    for row in np.flatnonzero(kept.sum(axis=1) > count).tolist():
        tied = np.flatnonzero(weights[row] == least[row])
        kept[row, tied[len(tied) - (int(kept[row].sum()) - int(count[row])) :]] = False
    return kept


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
