"""The order in which regimes lose the tail, and by how much: published tables, and ours from the n-gram model beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from governance.adapters.ngram_lm.counts import Floats
from governance.adapters.ngram_lm.words import learn_words
from governance.collapse.intervals import generator
from governance.drills.generations import ACCUMULATE, CAPPED, FIXED, REPLACE, Arm, Corpus, Judge, course

ORDER = (
    Arm(regime=REPLACE),
    Arm(regime=CAPPED, cap_percent=85),
    Arm(regime=FIXED),
    Arm(regime=CAPPED, cap_percent=50),
    Arm(regime=CAPPED, cap_percent=35),
    Arm(regime=CAPPED, cap_percent=0),
)
"""Worst first (arXiv 2305.17493, 2404.01413, 2410.16713). A cap is the synthetic share of every generation; no anchors."""
KEPT = Arm(regime=ACCUMULATE)
"""All human text kept and every generation's text added to it."""
SHARES = (0, 25, 50, 75, 100)
"""Percent synthetic in one generation, as in arXiv 2412.14689."""
THEIR_SHARES = (21.0, 22.1, 23.5, 27.6, 51.9)
"""Mean perplexity of GPT-2 there, at `SHARES`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """Perplexity of held-out human text as a ratio to generation 0 of the same seed: `ratios` has a row a seed, a column a generation."""

    arm: Arm
    ratios: Floats

    @property
    def last(self) -> float:
        """Geometric mean over the seeds at the last generation."""
        return float(np.exp(np.log(self.ratios[:, -1]).mean()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is played: human texts to learn from, others to be judged on, how often and how long."""

    human: Sequence[str]
    held_out: Sequence[str]
    generations: int
    seeds: int
    tokens: int
    vocabulary: int


def courses(play: Play, arms: Sequence[Arm], seed: int, progress: Callable[[int, int, str], None]) -> tuple[Course, ...]:
    """Every arm for every seed, in the order of the arms; a function of its arguments alone."""
    words = learn_words(play.human, play.vocabulary)
    texts = [np.array(words.encode(text), dtype=np.int64) for text in play.human]
    judge = Judge.of(words, play.held_out)
    found = np.empty((len(arms), play.seeds, play.generations))
    for replicate in range(play.seeds):
        key = int(generator(seed, f"published {replicate}").integers(2**62))
        corpus = Corpus.parted(texts, vocabulary=words.size, tokens=play.tokens, anchor_percent=0, seed=key)
        for place, arm in enumerate(arms):
            perplexities = [judge.tail_perplexity(model) for model in course(corpus, arm, play.generations)]
            found[place, replicate] = np.array(perplexities[1:]) / perplexities[0]
            progress(replicate * len(arms) + place + 1, play.seeds * len(arms), f"generations, {arm.name}")
    return tuple(Course(arm=arm, ratios=ratios) for arm, ratios in zip(arms, found, strict=True))


def share_arms() -> tuple[Arm, ...]:
    """The arms of `SHARES`."""
    return tuple(Arm(regime=CAPPED, cap_percent=share) for share in SHARES)
