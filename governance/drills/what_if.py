"""What would become of this corpus if its models learnt from their own text: caps, cycles and regimes, played with an n-gram model.

A generation is trained afresh on a set of one size and writes the synthetic text of the next one at temperature 1:

- replace: the set is the last generation's text alone;
- accumulate: generation 0's set and every text written since, so that the set grows;
- a cap of C %: anchors, fresh human text, and C % synthetic among what is not anchor. A cap of 0 is the human-only control.

It shows mechanism and order. The rates are the proxy's, never those of the user's model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from governance.adapters.ngram_lm.words import learn_words
from governance.collapse.intervals import generator
from governance.drills.generations import ACCUMULATE, CAPPED, REPLACE, Arm, Corpus, Judge, course
from governance.errors import UsageError

FEWEST_TOKENS = 2_000
"""A training set smaller than this teaches an n-gram model nothing that a second generation could lose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What is played. `tokens` is the most that a training set holds; half of the corpus is the most that it can."""

    caps: tuple[int, ...] = (0, 20, 35, 50)
    cycles: int = 5
    seeds: int = 5
    tokens: int = 60_000
    anchor_percent: int = 15
    vocabulary: int = 4096

    def __post_init__(self) -> None:
        if 0 not in self.caps or not all(0 <= cap <= 95 for cap in self.caps):
            raise ValueError(f"caps: {self.caps} are not percentages in 0..95 with 0, the control, among them")
        for name, most in (("cycles", 50), ("seeds", 100), ("tokens", 10_000_000)):
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name}: {getattr(self, name)} is not in 1..{most}")
        if not 0 <= self.anchor_percent <= 50:
            raise ValueError(f"anchor_percent: {self.anchor_percent} is not in 0..50")

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Without anchors and human text first, the control last."""
        capped = (Arm(regime=CAPPED, cap_percent=cap) for cap in sorted(set(self.caps), reverse=True))
        return (Arm(regime=REPLACE), Arm(regime=ACCUMULATE), *capped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A ratio to generation 0 of the same seed, 1.05 = 5 % more: its mean over the seeds and its extremes."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, ratios: Sequence[float]) -> "Spread":
        return cls(mean=float(np.exp(np.log(ratios).mean())) if min(ratios) > 0 else 0.0, low=min(ratios), high=max(ratios))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What one arm came to, a spread a cycle from cycle 1 on."""

    arm: Arm
    tail_perplexity: tuple[Spread, ...]
    distinct_2: tuple[Spread, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """All courses in the order of the grid's arms, and how large the play was."""

    grid: Grid
    courses: tuple[Course, ...]
    set_tokens: int
    corpus_tokens: int
    tail_documents: int

    def course(self, name: str) -> Course:
        """The course of the arm of that name."""
        return next(found for found in self.courses if found.arm.name == name)


Readings = Sequence[tuple[float, float]]


def play(human: Sequence[str], tail: Sequence[str], grid: Grid, seed: int, progress: Callable[[int, int, str], None]) -> WhatIf:
    """Every arm for every seed; a function of its arguments alone.

    Raises: UsageError where the corpus is too small to play with.
    """
    words = learn_words(human, grid.vocabulary)
    texts = [np.array(words.encode(text), dtype=np.int64) for text in human]
    corpus_tokens = sum(len(text) + 1 for text in texts)
    tokens = min(grid.tokens, corpus_tokens // 2)
    if tokens < FEWEST_TOKENS or not any(tail):
        raise UsageError(
            f"{corpus_tokens} tokens of pinned human text and {len(tail)} tail documents are too little to play with",
            expected=f"at least {2 * FEWEST_TOKENS} tokens and one tail document",
            where="shards",
        )
    judge = Judge.of(words, tail)
    found: list[list[Readings]] = [[] for _ in grid.arms]
    for replicate in range(grid.seeds):
        key = int(generator(seed, f"what if {replicate}").integers(2**62))
        corpus = Corpus.parted(texts, vocabulary=words.size, tokens=tokens, anchor_percent=grid.anchor_percent, seed=key)
        for number, arm in enumerate(grid.arms):
            found[number].append(_ratios(corpus, arm, grid.cycles, judge))
            progress(replicate * len(grid.arms) + number + 1, grid.seeds * len(grid.arms), f"courses, {arm.name}")
    courses = tuple(_course(arm, readings) for arm, readings in zip(grid.arms, found, strict=True))
    return WhatIf(grid=grid, courses=courses, set_tokens=tokens, corpus_tokens=corpus_tokens, tail_documents=len(tail))


def _ratios(corpus: Corpus, arm: Arm, cycles: int, judge: Judge) -> Readings:
    """(tail perplexity, distinct-2) of every generation after generation 0, as ratios to it."""
    readings = [
        (judge.tail_perplexity(model), judge.distinct_2(model, generator(corpus.seed, f"probe {cycle}")))
        for cycle, model in enumerate(course(corpus, arm, cycles))
    ]
    tail, distinct = readings[0]
    return [(perplexity / tail, diversity / distinct) for perplexity, diversity in readings[1:]]


def _course(arm: Arm, readings: Sequence[Readings]) -> Course:
    by_cycle = list(zip(*readings, strict=True))
    tails, distincts = ([Spread.of([reading[part] for reading in cycle]) for cycle in by_cycle] for part in (0, 1))
    return Course(arm=arm, tail_perplexity=tuple(tails), distinct_2=tuple(distincts))
