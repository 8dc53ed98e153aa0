"""Weighted counts of one, two and three tokens in a row, and the probabilities that they give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.adapters.ngram_lm.words import END_ID

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
FORGET_BELOW = 1 / 64
"""Counts that have faded under this are dropped: six halvings of one occurrence."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Runs of `order` tokens: key = ((a * V) + b) * V + c, ascending, and how often each was seen."""

    keys: Ints
    counts: Floats

    def plus(self, other: "Table", keep: float) -> "Table":
        """Counts of the two together, this one's faded to `keep`."""
        keys = np.concatenate([self.keys, other.keys])
        table = tally(keys, np.concatenate([self.counts * keep, other.counts]))
        held = table.counts >= FORGET_BELOW
        return Table(keys=table.keys[held], counts=table.counts[held])

    def span(self, contexts: Ints, vocabulary: int) -> tuple[Ints, Ints]:
        """Where the entries of each context begin and end."""
        first = np.searchsorted(self.keys, contexts * vocabulary)
        last = np.searchsorted(self.keys, (contexts + 1) * vocabulary)
        return first, last

    def found(self, keys: Ints) -> Floats:
        """The count of each key, 0.0 where it was never seen."""
        if not len(self.keys):
            return np.zeros(len(keys))
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, self.counts[places], 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counts:
    """The whole model: tables of order 1, 2 and 3 over `vocabulary` tokens.

    A context's own counts are mixed with the shorter context's probabilities in proportion to its number of different successors
    (Witten and Bell 1991, method C); below single tokens lies the uniform distribution, so that no token is impossible.
    """

    vocabulary: int
    tables: tuple[Table, Table, Table]

    def plus(self, other: "Counts", keep: float) -> "Counts":
        """The counts of this model faded to `keep`, and another one's on top."""
        one, two, three = (mine.plus(theirs, keep) for mine, theirs in zip(self.tables, other.tables, strict=True))
        return Counts(vocabulary=self.vocabulary, tables=(one, two, three))

    def probabilities(self, before: Ints, last: Ints, tokens: Ints) -> Floats:
        """P(token | two tokens before it) of each place."""
        size = self.vocabulary
        chances = np.full(len(tokens), 1.0 / size)
        contexts = (np.zeros_like(tokens), last, before * size + last)
        for table, context in zip(self.tables, contexts, strict=True):
            first, after = table.span(context, size)
            running = np.concatenate([[0.0], np.cumsum(table.counts)])
            total, kinds = running[after] - running[first], (after - first).astype(np.float64)
            own = table.found(context * size + tokens)
            chances = np.where(kinds > 0, (own + kinds * chances) / np.maximum(total + kinds, 1e-300), chances)
        return chances

    def distribution(self, before: int, last: int) -> Floats:
        """P(every token | two tokens before it), summing to 1."""
        return np.asarray(self.distributions(np.array([before]), np.array([last]))[0], dtype=np.float64)

    def distributions(self, before: Ints, last: Ints) -> Floats:
        """P(every token | two tokens before it) of each place, a row a place."""
        return self.sharpened(before, last, 1.0)

    def sharpened(self, before: Ints, last: Ints, power: float) -> Floats:
        """Those probabilities to a power, up to a factor for each row where it is not 1.

        Powers are dear: what a context never saw has the chances of single tokens, whose powers are the same for every row.
        """
        size, single = self.vocabulary, self.tables[0]
        alone = np.full(size, max(len(single.keys), 1) / size)
        alone[single.keys] += single.counts
        alone /= alone.sum()
        shares, seen = np.ones(len(last)), []
        chances = np.tile(alone, (len(last), 1))
        for table, context in zip(self.tables[1:], (last, before * size + last), strict=True):
            first, after = table.span(context, size)
            rows, places = _within(first, after)
            tokens, own = table.keys[places] - context[rows] * size, table.counts[places]
            weight = np.bincount(rows, weights=own, minlength=len(last)) + (after - first)
            share = np.where(after > first, (after - first) / np.where(after > first, weight, 1.0), 1.0)
            shares *= share
            chances *= share[:, None]
            chances[rows, tokens] += own / weight[rows]
            seen.append((rows, tokens))
        return chances if power == 1 else _powers(chances, alone, shares, seen, power)


def _powers(chances: Floats, alone: Floats, shares: Floats, seen: Sequence[tuple[Ints, Ints]], power: float) -> Floats:
    """(chances / the largest of their row) ** power; outside of what was `seen` they are a row's share of `alone`."""
    peaks, top = chances.max(axis=1), alone.max()
    powers = ((shares * top / peaks) ** power)[:, None] * (alone / top) ** power
    for rows, tokens in seen:
        powers[rows, tokens] = (chances[rows, tokens] / peaks[rows]) ** power
    return np.asarray(powers, dtype=np.float64)


def _within(first: Ints, after: Ints) -> tuple[Ints, Ints]:
    """The number of the span, and the place, of everything between the ends of each span."""
    lengths = after - first
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return rows, np.arange(len(rows)) + np.repeat(first - np.cumsum(lengths) + lengths, lengths)


def no_counts(vocabulary: int) -> Counts:
    """The model that has read nothing: every token is as likely as any other."""
    empty = Table(keys=np.empty(0, dtype=np.int64), counts=np.empty(0))
    return Counts(vocabulary=vocabulary, tables=(empty, empty, empty))


def count_blocks(blocks: npt.NDArray[np.int32], weights: Floats, vocabulary: int) -> Counts:
    """Counts of blocks (blocks x block tokens), each as often as its weight says; a text does not look back over its own beginning."""
    tokens = blocks.astype(np.int64)
    before, last, here = tokens[:, :-2], tokens[:, 1:-1], tokens[:, 2:]
    before = np.where(last == END_ID, END_ID, before)
    runs = (tokens, tokens[:, :-1] * vocabulary + tokens[:, 1:], (before * vocabulary + last) * vocabulary + here)
    one, two, three = (tally(run.ravel(), np.repeat(weights, run.shape[1])) for run in runs)
    return Counts(vocabulary=vocabulary, tables=(one, two, three))


def tally(keys: Ints, weights: Floats) -> Table:
    """The sum of the weights of each key."""
    known, places = np.unique(keys, return_inverse=True)
    sums: Floats = np.bincount(places.ravel(), weights=weights, minlength=len(known)).astype(np.float64)
    return Table(keys=known, counts=sums)


def contexts_of(documents: Sequence[Sequence[int]]) -> tuple[Ints, Ints, Ints, Ints]:
    """(two before, one before, token, number of its document) of every token of every document; two end tokens stand before each text."""
    lengths = np.array([len(tokens) for tokens in documents], dtype=np.int64)
    here = np.array([token for tokens in documents for token in tokens], dtype=np.int64)
    last, before = np.roll(here, 1), np.roll(here, 2)
    starts = (np.cumsum(lengths) - lengths)[lengths > 0]
    last[starts], before[starts] = END_ID, END_ID
    before[(starts + 1)[lengths[lengths > 0] > 1]] = END_ID
    return before, last, here, np.repeat(np.arange(len(documents)), lengths)
