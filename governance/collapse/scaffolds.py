"""The furniture of machine prose: stock transitions, and lists where a person would have written a sentence."""

import re

import numpy as np

from governance.collapse.diversity import NOTHING_WRITTEN
from governance.collapse.evidence import Mask, Unmeasured
from governance.collapse.sampled import LeftOut
from governance.collapse.samples import Samples, SampleSet
from governance.collapse.words import split_words

PER_WORDS = 1000
TRANSITIONS = tuple(
    tuple(split_words(phrase))
    for phrase in (
        "additionally", "moreover", "furthermore", "however", "therefore", "consequently", "nevertheless", "overall", "ultimately",
        "in conclusion", "in summary", "to summarize", "to sum up", "in addition", "as a result", "in contrast", "on the other hand",
        "for example", "for instance", "in other words", "in particular", "in fact", "that being said", "with that said",
        "having said that", "first and foremost", "last but not least", "it is important to", "it's important to", "it is worth noting",
        "it's worth noting", "in today's", "in the world of", "when it comes to", "at the end of the day", "not only that",
    )
)  # fmt: skip
ITEM = re.compile(r"^[ \t]*(?:[-*+\u2022\u2023\u25e6\u2013]|\(?\d{1,3}[.):]|\(?[a-z][.)])[ \t]+\S", re.MULTILINE)
COUNTED = re.compile(r"(?<!\w)\(?1[.)]\s.*?(?<!\w)\(?2[.)]\s", re.DOTALL)
LEAST_ITEMS = 2


def transition_rate(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """Stock transitions per thousand words; a place where several begin counts once."""
    numbers = {word: number for number, word in enumerate(both.vocabulary)}
    begins = np.zeros(len(samples.words), dtype=bool)
    room = np.repeat(np.cumsum(samples.lengths), samples.lengths) - np.arange(len(samples.words))
    for phrase in TRANSITIONS:
        if all(word in numbers for word in phrase):
            begins |= _begins(samples, [numbers[word] for word in phrase]) & (room >= len(phrase))
    said = np.bincount(np.repeat(samples.groups, samples.lengths), begins, minlength=samples.group_count)
    words = np.bincount(samples.groups, samples.lengths, minlength=samples.group_count)
    if not words.sum() or words.max() == words.sum():
        return NOTHING_WRITTEN
    return LeftOut(value=float(PER_WORDS * said.sum() / words.sum()), without=PER_WORDS * (said.sum() - said) / (words.sum() - words))


def list_share(samples: SampleSet, _: Samples) -> LeftOut | Unmeasured:
    """Share of samples that are built as a list."""
    if not samples.texts:
        return Unmeasured(reason="the samples are word numbers without their texts")
    listed = np.array([has_list(text) for text in samples.texts], dtype=np.float64)
    said = np.bincount(samples.groups, listed, minlength=samples.group_count)
    texts = np.bincount(samples.groups, minlength=samples.group_count)
    if texts.max() == texts.sum():
        return Unmeasured(reason="all samples are in one group of prompts")
    return LeftOut(value=float(said.sum() / texts.sum()), without=(said.sum() - said) / (texts.sum() - texts))


def has_list(text: str) -> bool:
    """Whether two lines or more begin as items do, or a 1. and a 2. are counted inside a line."""
    return len(ITEM.findall(text)) >= LEAST_ITEMS or COUNTED.search(text) is not None


def _begins(samples: SampleSet, phrase: list[int]) -> Mask:
    found: Mask = np.equal(samples.words, phrase[0])
    for place, word in enumerate(phrase[1:], start=1):
        found[:-place] &= samples.words[place:] == word
        found[-place:] = False
    return found
