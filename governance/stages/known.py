"""Models whose verdict is known, made of the champion behind its port: they are asked in the same probe, to see whether the run is sound.

Nothing is trained, so it works for every trainer. The collapsed one is wrong by what the champion itself says of spoilt text: a model that
gives constant readings, or another document's, plants nothing, and the control shows it.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from governance.collapse.controls import PLANTED
from governance.ports.language_model import Decoding, LanguageModel, Score, Span

SHARP = 0.3
"""Temperature of the collapsed model's text: it keeps to the likeliest words."""
OTHER_SEEDS = 0x5BD1E995
"""Turns half of a seed's 31 bits round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownGood:
    """The champion, asked for its documents in the opposite order and for its text with other seeds: it must not differ from itself."""

    model: LanguageModel

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        return tuple(reversed(self.model.score(list(reversed(texts)), list(reversed(words)))))

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        return self.model.sample(prompts, replace(decoding, seed=decoding.seed ^ OTHER_SEEDS))

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return self.model.count_tokens(texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCollapsed:
    """The champion with part of its knowledge of word order gone, so that the documents it is asked for cost `PLANTED` more, in perplexity.

    Its probability of a text is p(text)^(1-w) p(text in disorder)^w, one w for all documents of a question. That sums to less than one over
    all texts, and what is left over is what a collapsed model spends on the text it repeats: at `SHARP` it writes that.
    """

    model: LanguageModel

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        whole, broken = self.model.score(texts, words), self.model.score([disordered(text) for text in texts])
        rises = [worse.bits - score.bits for score, worse in zip(whole, broken, strict=True)]
        wanted, there = math.log2(1 + PLANTED) * sum(score.tokens for score in whole), sum(rises)
        weight = min(wanted / there, 1.0) if there > 0 else 0.0
        return [replace(score, bits=score.bits + weight * rise) for score, rise in zip(whole, rises, strict=True)]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        """Sharpened text, and to every second prompt the answer that the first one got."""
        texts = self.model.sample(prompts, replace(decoding, temperature=SHARP))
        return [texts[0] if place % 2 else text for place, text in enumerate(texts)]

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return self.model.count_tokens(texts)


def disordered(text: str) -> str:
    """The words of a text in an order that follows from their own digests: the same bytes, and no sentence."""
    words = text.split(" ")
    keyed = sorted((hashlib.sha256(f"{place} {word}".encode()).digest(), word) for place, word in enumerate(words))
    return " ".join(word for _, word in keyed)
