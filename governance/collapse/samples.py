"""Samples of several models made comparable: the same prompts and draws, cut to the same number of words each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from types import MappingProxyType

import numpy as np

from governance.collapse.drawn import LEAST_GROUPS, Drawn, draws_of
from governance.collapse.encoder import Encoder
from governance.collapse.evidence import CANDIDATE, PLAIN, Evidence, Mask, Unmeasured, Whole
from governance.collapse.refusals import refused
from governance.collapse.words import cut_text, split_words

MOST_GROUPS = 100
"""Prompts are left out in at most this many groups: enough degrees of freedom, and bounded work for the densest metric."""
LEAST_SHARE_PERCENT = 20
"""Common words must be at least this share of every model's words; three models that stop at random share a third."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleSet:
    """One model's samples as word numbers, one after another, ordered by prompt: `lengths`, `prompts`, `groups` have a value a sample.

    A set equals itself only: its arrays are never changed, so counts can be kept by identity.
    """

    words: Whole
    lengths: Whole
    prompts: Whole
    groups: Whole
    group_count: int
    vocabulary: int
    texts: tuple[str, ...] = ()
    """The texts themselves, cut to the same words, for what words alone do not show; empty where a set was made of numbers."""

    def __post_init__(self) -> None:
        if not len(self.lengths) == len(self.prompts) == len(self.groups):
            raise ValueError("lengths, prompts and groups are not of one number of samples")
        if int(self.lengths.sum()) != len(self.words):
            raise ValueError(f"lengths add up to {int(self.lengths.sum())} words, not to {len(self.words)}")
        if self.texts and len(self.texts) != len(self.lengths):
            raise ValueError(f"{len(self.texts)} texts are not those of {len(self.lengths)} samples")
        if len(self.prompts) and bool((np.diff(self.prompts) < 0).any()):
            raise ValueError("samples are not in order of their prompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanWords:
    """What the human shard says, by word number: how often, and which words are rare (in one or two of its documents)."""

    counts: Whole
    rare: Mask
    documents: SampleSet | None = None
    """The documents as they are, in the order of the shard, each as if it were the one answer to a prompt of its own."""
    slices: tuple[str, ...] = ()
    """The slice of each document; empty where the shard names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Every probed model's samples at one temperature and at equal word budgets, with the vocabulary they share with the human shard."""

    sets: Mapping[str, SampleSet]
    vocabulary: tuple[str, ...]
    human: HumanWords
    temperature: float
    prompt_count: int
    budget_words: int
    """Words kept of each model; the same number for all."""
    encoder: Encoder | None = None
    """What makes vectors of texts; None is the frozen default, which needs nothing."""


def equal_samples(
    evidence: Evidence,
    human_texts: Sequence[str],
    temperature: float,
    human_slices: Sequence[str] = (),
    *,
    wording: str = PLAIN,
    refusal_patterns: Sequence[str] = (),
    most_groups: int = MOST_GROUPS,
    encoder: Encoder | None = None,
) -> Samples | Unmeasured:
    """Cut every (prompt, draw) to the shortest of its samples over the models, so that set sizes cannot pose as diversity.

    A (prompt, draw) that any of the models refused to answer is left out for all of them: refusals are an axis of their own, and a set
    phrase said a hundred times is not a narrower voice.

    Unmeasured where a model lacks a prompt or a draw that another has, where a text is missing, where fewer than six prompts were used or
    answered, or where so little is common to all models that the budget would say nothing of one of them. Fewer groups of prompts
    make a wider interval for less work, and change no value.
    """
    drawn = draws_of(evidence, temperature, wording)
    if isinstance(drawn, Unmeasured):
        return drawn
    refusing = {model: np.array(refused(texts, refusal_patterns), dtype=bool) for model, texts in drawn.texts.items()}
    if silent := [model for model, marks in refusing.items() if marks.all()]:
        return Unmeasured(reason=f"the {silent[0]} answered with refusals only")
    words = {model: [split_words(text) for text in texts] for model, texts in drawn.texts.items()}
    lengths = np.array([[len(said) for said in words[model]] for model in words], dtype=np.int64)
    lengths[np.array(list(refusing.values()))] = 0
    answered = ~np.logical_or.reduce(list(refusing.values()))
    if reason := _short(list(words), lengths.sum(axis=1), int(lengths.min(axis=0)[answered].sum())) or _one_voice(words):
        return Unmeasured(reason=reason)
    if (left := len(np.unique(drawn.prompts[answered]))) < LEAST_GROUPS:
        return Unmeasured(reason=f"{left} prompts were answered by every model, an interval needs {LEAST_GROUPS}")
    human = [split_words(text) for text in human_texts]
    samples = _number(drawn, words, lengths.min(axis=0), answered, human_words=human, human_slices=human_slices)
    if encoder is not None:
        samples = replace(samples, encoder=encoder, human=_with_texts(samples.human, human_texts))
    return samples if most_groups == MOST_GROUPS else _regrouped(samples, most_groups)


def _number(
    drawn: Drawn,
    words: Mapping[str, Sequence[Sequence[str]]],
    common: Whole,
    answered: Mask,
    *,
    human_words: Sequence[Sequence[str]],
    human_slices: Sequence[str],
) -> Samples:
    """The answered samples, cut to what is common to all models, as numbers of words."""
    places, budgets = np.flatnonzero(answered).tolist(), common[answered]
    prompts = np.unique(drawn.prompts[answered], return_inverse=True)[1].astype(np.int64)
    numbers = no_numbers()
    said = {model: number_words((w for place in places for w in words[model][place][: common[place]]), numbers) for model in words}
    human = [number_words(found, numbers) for found in human_words]
    size = len(numbers)
    cut = {model: tuple(cut_text(texts[place], int(common[place])) for place in places) for model, texts in drawn.texts.items()}
    return Samples(
        sets=MappingProxyType({model: replace(set_of(said[model], budgets, prompts, size), texts=cut[model]) for model in words}),
        vocabulary=tuple(numbers),
        human=_human_words(human, size, human_slices),
        temperature=drawn.temperature,
        prompt_count=len(np.unique(prompts)),
        budget_words=int(budgets.sum()),
    )


def set_of(words: Whole, lengths: Whole, prompts: Whole, vocabulary: int) -> SampleSet:
    """A sample set whose prompts are dealt to at most a hundred groups in turn."""
    groups = prompts % MOST_GROUPS
    count = int(groups.max(initial=-1)) + 1
    return SampleSet(words=words, lengths=lengths, prompts=prompts, groups=groups, group_count=count, vocabulary=vocabulary)


def _with_texts(human: HumanWords, texts: Sequence[str]) -> HumanWords:
    return human if human.documents is None else replace(human, documents=replace(human.documents, texts=tuple(texts)))


def _regrouped(samples: Samples, most_groups: int) -> Samples:
    deal = {model: one.prompts % most_groups for model, one in samples.sets.items()}
    sets = {model: replace(one, groups=deal[model], group_count=int(deal[model].max()) + 1) for model, one in samples.sets.items()}
    return replace(samples, sets=MappingProxyType(sets))


def cut_set(samples: SampleSet, words: int) -> SampleSet:
    """The set with every text cut to at most so many words."""
    starts = np.repeat(np.cumsum(samples.lengths) - samples.lengths, samples.lengths)
    return replace(
        samples,
        words=samples.words[np.arange(len(samples.words)) - starts < words],
        lengths=np.minimum(samples.lengths, words),
        texts=tuple(cut_text(text, words) for text in samples.texts),
    )


def no_numbers() -> defaultdict[str, int]:
    """Numbers of words, from 0: a word that is asked for the first time gets the next one."""
    return defaultdict(count().__next__)


def number_words(words: Iterable[str], numbers: defaultdict[str, int]) -> Whole:
    """The number of each word; words that have none yet are numbered in the order in which they are said."""
    return np.fromiter(map(numbers.__getitem__, words), dtype=np.int64)


def _human_words(documents: Sequence[Whole], size: int, slices: Sequence[str]) -> HumanWords:
    flat = np.concatenate([np.zeros(0, dtype=np.int64), *documents])
    held = np.bincount(np.concatenate([np.zeros(0, dtype=np.int64), *map(np.unique, documents)]), minlength=size)
    lengths = np.array([len(document) for document in documents], dtype=np.int64)
    return HumanWords(
        counts=np.bincount(flat, minlength=size).astype(np.int64),
        rare=(held >= 1) & (held <= 2),
        documents=set_of(flat, lengths, np.arange(len(documents)), size),
        slices=tuple(slices),
    )


def _short(models: Sequence[str], written: Whole, budget: int) -> str:
    for model, words in zip(models, written, strict=True):
        if words == 0:
            return f"the {model} wrote no words"
    for model, words in zip(models, written, strict=True):
        if budget * 100 < LEAST_SHARE_PERCENT * int(words):
            shortest = models[int(written.argmin())]
            least = f"under {LEAST_SHARE_PERCENT} % of the {model}'s {words}"
            return f"{budget} words are common to all models, {least}: the {shortest} writes least"
    return ""


def _one_voice(words: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """A candidate that says one thing is compared and loses; a reference that does is nothing to compare with."""
    for model, texts in words.items():
        if model != CANDIDATE and all(said == texts[0] for said in texts):
            return f"every sample of the {model} is one and the same text"
    return ""
