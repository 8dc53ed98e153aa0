"""Samples of several models made comparable: the same prompts and draws, cut to the same number of words each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import polars as pl

from governance.collapse.evidence import CANDIDATE, MODELS, Evidence, Mask, Unmeasured, Whole
from governance.collapse.words import cut_text, split_words
from governance.errors import shown

MOST_GROUPS = 100
"""Prompts are left out in at most this many groups: enough degrees of freedom, and bounded work for the densest metric."""
LEAST_GROUPS = 6
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


def equal_samples(
    evidence: Evidence, human_texts: Sequence[str], temperature: float, human_slices: Sequence[str] = ()
) -> Samples | Unmeasured:
    """Cut every (prompt, draw) to the shortest of its samples over the models, so that set sizes cannot pose as diversity.

    Unmeasured where a model lacks a prompt or a draw that another has, where a text is missing, where fewer than six prompts were used, or
    where so little is common to all models that the budget would say nothing of one of them.
    """
    frame = evidence.samples.filter(pl.col("temperature") == temperature).sort("prompt_id", "draw")
    models = [model for model in MODELS if model in frame["model"].unique()]
    if CANDIDATE not in models:
        return Unmeasured(reason=f"the candidate has no samples at temperature {temperature:g}")
    if reason := _unequal(frame, models):
        return Unmeasured(reason=reason)
    written = {model: frame.filter(pl.col("model") == model)["text"].to_list() for model in models}
    texts = {model: [split_words(text) for text in said] for model, said in written.items()}
    lengths = np.array([[len(words) for words in texts[model]] for model in models], dtype=np.int64)
    common = lengths.min(axis=0)
    if reason := _short(models, lengths.sum(axis=1), int(common.sum())):
        return Unmeasured(reason=reason)
    prompts = frame.filter(pl.col("model") == CANDIDATE)["prompt_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    numbers: dict[str, int] = {}
    words = {
        model: number_words([w for said, keep in zip(texts[model], common, strict=True) for w in said[:keep]], numbers) for model in models
    }
    human = [number_words(split_words(text), numbers) for text in human_texts]
    size = len(numbers)
    cut = {model: tuple(map(cut_text, written[model], common.tolist())) for model in models}
    return Samples(
        sets=MappingProxyType({model: replace(set_of(words[model], common, prompts, size), texts=cut[model]) for model in models}),
        vocabulary=tuple(numbers),
        human=_human_words(human, size, human_slices),
        temperature=temperature,
        prompt_count=len(np.unique(prompts)),
        budget_words=int(common.sum()),
    )


def set_of(words: Whole, lengths: Whole, prompts: Whole, vocabulary: int) -> SampleSet:
    """A sample set whose prompts are dealt to at most a hundred groups in turn."""
    groups = prompts % MOST_GROUPS
    count = int(groups.max(initial=-1)) + 1
    return SampleSet(words=words, lengths=lengths, prompts=prompts, groups=groups, group_count=count, vocabulary=vocabulary)


def number_words(words: Sequence[str], numbers: dict[str, int]) -> Whole:
    """The number of each word; words that have none yet are numbered in the order in which they are said, and added to `numbers`."""
    for word in dict.fromkeys(words):
        numbers.setdefault(word, len(numbers))
    return np.fromiter(map(numbers.__getitem__, words), dtype=np.int64, count=len(words))


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


def _unequal(frame: pl.DataFrame, models: Sequence[str]) -> str:
    if frame["text"].null_count() or frame["prompt_id"].null_count() or frame["draw"].null_count():
        return "a sample has no text, no prompt or no draw"
    drawn = frame.group_by("prompt_id", "draw").agg(pl.col("model").n_unique().alias("models"), pl.len().alias("rows"))
    odd = drawn.filter((pl.col("models") != len(models)) | (pl.col("rows") != len(models)))
    if odd.height:
        return f"{odd.height} prompts and draws were not sampled exactly once with each model: {shown(sorted(set(odd['prompt_id'])))}"
    if (prompts := frame["prompt_id"].n_unique()) < LEAST_GROUPS:
        return f"{prompts} prompts were sampled, an interval needs {LEAST_GROUPS}"
    return ""


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
