"""Generations of n-gram models that learn from human text, from anchors and from what the generation before them wrote."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from governance.adapters.ngram_lm.counts import Counts, Ints, contexts_of, count_blocks
from governance.adapters.ngram_lm.words import END_ID, Words
from governance.adapters.ngram_lm.writing import write_texts
from governance.collapse.intervals import generator
from governance.collapse.words import split_words

REPLACE, ACCUMULATE, CAPPED = "replace", "accumulate", "capped"
FIXED = "accumulate at a fixed budget"
PROBE_WORDS = 4_000
"""Pairs of words that distinct-2 is counted over: as many for every generation, because distinct-n falls as a text grows."""
LONGEST_TEXT = 256
"""Tokens: a text that has found no end by then is cut, so that one that never ends does not hold up the others."""
_PROBE_TOKENS = 64
"""Of each probed text only the opening is read: distinct-2 needs many texts more than long ones."""
_TEXTS_AT_ONCE = 192
_MOST_ROUNDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way to go on from generation 0."""

    regime: str
    cap_percent: int | None = None

    @property
    def name(self) -> str:
        """As it is shown: `replace`, `accumulate`, `cap 35 %`, `human only`."""
        if self.cap_percent is None:
            return self.regime
        return f"cap {self.cap_percent} %" if self.cap_percent else "human only"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judge:
    """The locked tail documents as contexts: every generation is scored on the same tokens."""

    words: Words
    contexts: tuple[Ints, Ints, Ints]

    @classmethod
    def of(cls, words: Words, tail: Sequence[str]) -> "Judge":
        before, last, here, _ = contexts_of([words.encode(text) for text in tail])
        return cls(words=words, contexts=(before, last, here))

    def tail_perplexity(self, counts: Counts) -> float:
        """Perplexity per token of the tail documents."""
        return float(np.exp(-np.log(counts.probabilities(*self.contexts)).mean()))

    def distinct_2(self, counts: Counts, stream: np.random.Generator) -> float:
        """Distinct pairs of words of all, over `PROBE_WORDS` pairs of the model's own text; 0 where it writes next to nothing."""
        pairs: list[tuple[str, str]] = []
        for _ in range(_MOST_ROUNDS):
            for tokens in write_texts(counts, _TEXTS_AT_ONCE, _PROBE_TOKENS, stream):
                written = split_words(self.words.decode(tokens.tolist()))
                pairs += pairwise(written)
            if len(pairs) >= PROBE_WORDS:
                return len(set(pairs[:PROBE_WORDS])) / PROBE_WORDS
        return 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corpus:
    """Human texts as tokens, parted for one seed: `anchors` come back in every capped cycle, `pool` is where fresh text is drawn from.

    A training set holds `tokens` tokens; `anchor_tokens` of them are anchors where the regime has any. A text costs its end token too.
    """

    vocabulary: int
    anchors: tuple[Ints, ...]
    pool: tuple[Ints, ...]
    tokens: int
    anchor_tokens: int
    seed: int

    @classmethod
    def parted(cls, texts: Sequence[Ints], *, vocabulary: int, tokens: int, anchor_percent: int, seed: int) -> "Corpus":
        """The first texts of a seeded order are the anchors, the rest is the pool."""
        order = generator(seed, "parting").permutation(len(texts))
        shuffled = [texts[place] for place in order]
        wanted = tokens * anchor_percent // 100
        anchors = tuple(opening(shuffled, wanted))
        pool = tuple(shuffled[len(anchors) :])
        return cls(vocabulary=vocabulary, anchors=anchors, pool=pool, tokens=tokens, anchor_tokens=wanted, seed=seed)

    def fresh(self, cycle: int, tokens: int) -> list[Ints]:
        """Human text of one cycle: the beginning of an order that the cycle draws, the same for every arm."""
        order = generator(self.seed, f"fresh {cycle}").permutation(len(self.pool))
        return opening([self.pool[place] for place in order], tokens)

    def founders(self) -> list[Ints]:
        """What generation 0 learns from: anchors and human text."""
        return [*self.anchors, *self.fresh(0, self.tokens - self.anchor_tokens)]

    def founded(self) -> Counts:
        """Generation 0."""
        return self.count(self.founders())

    def drawn(self, texts: Sequence[Ints], purpose: str) -> list[Ints]:
        """A training set's worth of these texts, in an order of its own."""
        order = generator(self.seed, purpose).permutation(len(texts))
        return opening([texts[place] for place in order], self.tokens)

    def capped(self, cycle: int, cap_percent: int, author: Counts) -> Counts:
        """A set of anchors, human text and, of what is not anchor, `cap_percent` written by the author."""
        others = self.tokens - self.anchor_tokens
        synthetic = others * cap_percent // 100
        written = self.written(author, synthetic, f"cap {cap_percent}, cycle {cycle}")
        return self.count([*self.anchors, *self.fresh(cycle, others - synthetic), *written])

    def written(self, author: Counts, tokens: int, purpose: str) -> list[Ints]:
        """So many tokens of the author's own text at temperature 1, the last text cut."""
        stream = generator(self.seed, purpose)
        texts: list[Ints] = []
        while sum(len(text) + 1 for text in texts) < tokens:
            texts += write_texts(author, _TEXTS_AT_ONCE, LONGEST_TEXT, stream)
        return opening(texts, tokens)

    def count(self, texts: Sequence[Ints]) -> Counts:
        """The model of a set of texts."""
        ends = np.array([END_ID], dtype=np.int64)
        joined = np.concatenate([part for text in texts for part in (ends, text)]).astype(np.int32)
        return count_blocks(joined[None, :], np.ones(1), self.vocabulary)


def opening(texts: Sequence[Ints], tokens: int) -> list[Ints]:
    """The first texts that hold so many tokens together, each with its end token; the last one is cut."""
    taken: list[Ints] = []
    left = tokens
    for text in texts:
        if left <= 1:
            break
        taken.append(text[: left - 1])
        left -= len(taken[-1]) + 1
    return taken


def course(corpus: Corpus, arm: Arm, cycles: int) -> Iterator[Counts]:
    """The generations of one arm, generation 0 first. Each writes the synthetic text of the next one."""
    model = kept = corpus.founded()
    shelf = list(corpus.founders())
    yield model
    for cycle in range(1, cycles + 1):
        if arm.cap_percent is not None:
            model = corpus.capped(cycle, arm.cap_percent, model)
        elif arm.regime == FIXED:
            shelf += corpus.written(model, corpus.tokens, f"{arm.regime}, cycle {cycle}")
            model = corpus.count(corpus.drawn(shelf, f"shelf {cycle}"))
        else:
            own = corpus.count(corpus.written(model, corpus.tokens, f"{arm.regime}, cycle {cycle}"))
            kept = kept.plus(own, 1.0)
            model = own if arm.regime == REPLACE else kept
        yield model
