"""How diverse model text is beside people's: pairs of rows, each cut to the shorter of the two, so that both sides hold as many words.

Distinct n-grams fall as a text grows, so nothing but equal word budgets can be compared. Every pair is of one stratum, a slice as a rule.
A draw takes at most half of the rows of either side, without replacement: the spread of draws is then at least the standard error of their
mean, and wider where a side is larger than a draw. So an interval may be too wide, and is never too narrow.
"""

from dataclasses import dataclass

import numpy as np

from governance.mixing.near import count_by_text, distinct_runs
from governance.provenance.hashing import Hashes, Places, mixed
from governance.provenance.shingles import openings, shingles
from governance.provenance.words import Words

RUN_WORDS = 4
"""Words of a phrase; a text with fewer has none, and is not compared."""
OPENING_WORDS = 3
FEWEST_PAIRS = 20
"""Below them nothing is said: an opening that three of eleven rows share is a quarter of them."""
MOST_PAIRS, MOST_WORDS, DRAWS = 200, 200, 32
"""Pairs of a draw, words of a pair, draws: they bound what a judgement costs, not what it may find."""
T_31 = 1.696
"""One-sided 95 % point of Student's t with 31 degrees of freedom, one fewer than draws: each bound is a one-sided 95 % bound."""
WHOLE = 1000
RELATIVE, POINTS = ("distinct_2", "distinct_3"), ("openings", "phrases")
"""What is compared as a ratio, and what in points: people's text may share no opening at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Texts to draw from: their words, a seeded key and a stratum each, numbered from 0."""

    words: Words
    keys: Hashes
    strata: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measure in thousandths: of model text, of people's at the same budget, the change with its interval, and the worst change that
    is allowed. `openings` and `phrases` change in points of their own and are worse when they grow.
    """

    synthetic: int
    human: int
    change: int
    low: int
    high: int
    limit: int

    @property
    def inside(self) -> bool:
        """The whole interval is allowed."""
        return self.high < self.limit if self.limit > 0 else self.low > self.limit

    @property
    def beyond(self) -> bool:
        """No part of the interval is allowed."""
        return self.low > self.limit if self.limit > 0 else self.high < self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The readings of one group by name; `pairs` of a draw and `words` of one of its sides, on average."""

    pairs: int
    words: int
    readings: dict[str, Reading]


def compare(synthetic: Side, human: Side, *, loss_percent: int, alike_percent: int) -> Comparison | None:
    """What the sides say at equal budgets; None where they are too small for that."""
    sizes = _sizes(synthetic.strata, human.strata)
    if sizes.sum() < FEWEST_PAIRS:
        return None
    salts = mixed(np.arange(DRAWS, dtype=np.uint64))
    drawn = [_drawn(synthetic, human, sizes, salt) for salt in salts]
    values = np.array([[_measures(words) for words in pair] for pair in drawn])
    names = (*RELATIVE, *POINTS)
    limits = (-loss_percent,) * len(RELATIVE) + (alike_percent,) * len(POINTS)
    readings = {name: _reading(name, values[:, 0, at], values[:, 1, at], limits[at] * WHOLE // 100) for at, name in enumerate(names)}
    words = sum(int(pair[0].bounds[-1]) for pair in drawn) // DRAWS
    return Comparison(pairs=int(sizes.sum()), words=words, readings=readings)


def _sizes(one: Places, other: Places) -> Places:
    """Pairs of every stratum in a draw."""
    strata = 1 + int(max(one.max(initial=0), other.max(initial=0)))
    sizes = np.minimum(np.bincount(one, minlength=strata), np.bincount(other, minlength=strata)) // 2
    return sizes * MOST_PAIRS // max(int(sizes.sum()), MOST_PAIRS)


def _drawn(synthetic: Side, human: Side, sizes: Places, salt: np.uint64) -> tuple[Words, Words]:
    """Both sides of every pair, in one order, cut to the shorter."""
    first, second = (side.words.take(_chosen(side, sizes, salt)) for side in (synthetic, human))
    common = np.minimum(np.minimum(first.lengths, second.lengths), MOST_WORDS)
    return first.heads(common), second.heads(common)


def _chosen(side: Side, sizes: Places, salt: np.uint64) -> Places:
    """The first `sizes[stratum]` texts of every stratum in the random order that the salt makes."""
    asked = np.flatnonzero(sizes[side.strata])
    order = asked[np.lexsort((mixed(side.keys[asked] ^ salt), side.strata[asked]))]
    ordered = side.strata[order]
    rank = np.arange(order.size) - np.searchsorted(ordered, ordered)
    return order[rank < sizes[ordered]]


def _measures(words: Words) -> tuple[float, ...]:
    return (*(_distinct(words, size) for size in (2, 3)), _alike(words), _shared_phrases(words))


def _distinct(words: Words, size: int) -> float:
    """Distinct runs of words over all of them."""
    runs = np.sort(shingles(words, size).hashes)
    return float((1 + np.count_nonzero(np.diff(runs))) / runs.size) if runs.size else 0.0


def _alike(words: Words) -> float:
    """The chance that two of the texts open alike: unlike the share of the most common opening it does not depend on how many they are."""
    _, counts = np.unique(openings(words, OPENING_WORDS), return_counts=True)
    return float((counts * (counts - 1)).sum() / max(words.texts * (words.texts - 1), 1))


def _shared_phrases(words: Words) -> float:
    """Of the distinct phrases of each text those that another one has too."""
    coded = distinct_runs(words, RUN_WORDS)
    phrases, counts = np.unique(coded << np.uint64(12), return_counts=True)
    held = count_by_text(coded, words.texts).sum()
    return float(counts[counts > 1].sum() / max(int(held), 1)) if phrases.size else 0.0


def _reading(name: str, synthetic: np.typing.NDArray[np.float64], human: np.typing.NDArray[np.float64], limit: int) -> Reading:
    changes = synthetic / np.maximum(human, 1e-9) - 1 if name in RELATIVE else synthetic - human
    change, half = float(changes.mean()), T_31 * float(changes.std(ddof=1))
    numbers = (float(synthetic.mean()), float(human.mean()), change, change - half, change + half)
    first, second, middle, low, high = (round(WHOLE * number) for number in numbers)
    return Reading(synthetic=first, human=second, change=middle, low=low, high=high, limit=limit)
