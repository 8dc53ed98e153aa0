"""Models whose verdict is known, made of the champion behind its port: they are asked in the same probe, to see whether the run is sound.

Nothing is trained, so it works for every trainer. The collapsed one is wrong by what the champion itself says of spoilt text: a model that
gives constant readings, or another document's, plants nothing, and the control shows it.

What has to be asked again, and what not: a control that takes over what the probe wrote down of the champion finds nothing wrong with it,
so no answer of a control is copied from there. The champion's bits of the whole documents are asked for once more, for both controls
together: the good one holds them against the probe's, document by document, and the collapsed one spoils these very ones. Asking a third
time could only repeat the comparison that the good one makes already. Text is drawn twice a prompt, `RUN_DRAWS`, however often the
candidate's is: what is planted in it is many times a margin, and prompts, not draws, are what a gate counts.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from governance.collapse.controls import ASKED_AGAIN, KNOWN_COLLAPSED, KNOWN_GOOD, PLANTED
from governance.collapse.evidence import SAMPLE_EXTRAS, SAMPLE_SCHEMA, SCORE_SCHEMA
from governance.ports.language_model import Decoding, LanguageModel, Score, Span
from governance.stages.asking import Questions, Step, ask, decoding_of, written_to

CONTROLS = 2
"""Models of known quality that answer everything that gates read."""
NO_CONTROLS = (SCORE_SCHEMA.to_frame(), pl.Schema({**SAMPLE_SCHEMA, **SAMPLE_EXTRAS}).to_frame())
"""What a founding cycle writes down: there is no champion to make any of."""

SHARP = 0.3
"""Temperature of the collapsed model's text: it keeps to the likeliest words."""
OTHER_SEEDS = 0x5BD1E995
"""Turns half of a seed's 31 bits round."""


def ask_controls(champion: LanguageModel, questions: Questions, step: Step) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(scores, samples) of the models of known quality that are made of the champion, each under its name."""
    once = AskedOnce(model=champion)
    made: dict[str, LanguageModel] = {KNOWN_GOOD: KnownGood(model=once), KNOWN_COLLAPSED: KnownCollapsed(model=once)}
    told = {name: ask(model, questions, step) for name, model in made.items()}
    samples = {name: written for name, (_, written, _) in told.items()} | {ASKED_AGAIN: _asked_again(champion, questions)}
    return _named({name: scores for name, (scores, _, _) in told.items()}), _named(samples)


def _named(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([frame.select(pl.lit(name).alias("model"), pl.all()) for name, frame in frames.items()])


def _asked_again(champion: LanguageModel, questions: Questions) -> pl.DataFrame:
    """The champion's first draw once more, with about half of the prompts left empty: no answer depends on another's prompt."""
    asking, prompts = questions.plan.askings()[0], questions.prompts
    kept = [hashlib.sha256(str(name).encode()).digest()[0] % 2 == 0 for name in prompts["prompt_id"]]
    asked = [text if keep else "" for text, keep in zip(prompts["text"], kept, strict=True)]
    texts = champion.sample(asked, decoding_of(questions, asking, 0))
    return written_to(questions, asking, 0, texts, [None] * len(asked)).filter(pl.Series(kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOnce:
    """The champion, asked for its bits of one text once for all controls; never what the probe wrote down of it before."""

    model: LanguageModel
    told: dict[str, Score] = field(default_factory=dict)

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        """Bits alone: no gate reads rare words."""
        del words
        new = [text for text in dict.fromkeys(texts) if text not in self.told]
        self.told.update(zip(new, self.model.score(new) if new else (), strict=True))
        return [self.told[text] for text in texts]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        return self.model.sample(prompts, decoding)

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return self.model.count_tokens(texts)


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
        """Sharpened text, and to every second prompt the longest answer: a short one plants little, because samples are cut equal."""
        texts = self.model.sample(prompts, replace(decoding, temperature=SHARP))
        one = max(texts, key=len, default="")
        return [one if place % 2 else text for place, text in enumerate(texts)]

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return self.model.count_tokens(texts)


def disordered(text: str) -> str:
    """The words of a text in an order that follows from their own digests: the same bytes, and no sentence."""
    words = text.split(" ")
    keyed = sorted((hashlib.sha256(f"{place} {word}".encode()).digest(), word) for place, word in enumerate(words))
    return " ".join(word for _, word in keyed)
