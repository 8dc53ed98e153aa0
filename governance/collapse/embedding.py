"""A fixed embedding that needs no model and no download: hashed character n-grams with signs, summed over the words of a text.

Every statistic of vectors takes them from `text_vectors` and `human_cloud`: computed once a set and kept for the next metric.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from governance.collapse.encoder import Encoder
from governance.collapse.evidence import Floats, Unmeasured, Whole
from governance.collapse.sampled import LeftOut
from governance.collapse.samples import Samples, SampleSet, cut_set
from governance.provenance.trigrams import DIMENSIONS, word_vectors

TEXTS_AT_ONCE = 512


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HumanCloud:
    """Unit vectors of the human documents that hold a word, and their numbers in the shard; equal to itself only, so it can be a key."""

    vectors: Floats
    numbers: Whole


def spread(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """Mean cosine distance over all pairs of texts, from 0 (all the same) to 2; texts without words are left out of the pairs."""
    vectors, held = text_vectors(samples, both), samples.lengths > 0
    sums = group_sums(vectors, samples)
    texts = np.bincount(samples.groups[held], minlength=samples.group_count).astype(np.float64)
    rest = texts.sum() - texts
    if rest.min() < 2:
        return Unmeasured(reason="fewer than two texts with words are left without one group of prompts")
    whole = sums.sum(axis=0)
    return LeftOut(
        value=mean_distance(float(whole @ whole), texts.sum()),
        without=np.array([mean_distance(float(part @ part), count) for part, count in zip(whole - sums, rest, strict=True)]),
    )


def text_vectors(samples: SampleSet, both: Samples) -> Floats:
    """A unit vector a text, zero for a text without words; not to be written to."""
    return _kept_vectors(samples, both.vocabulary, both.encoder)


def human_cloud(samples: SampleSet, both: Samples) -> HumanCloud | Unmeasured:
    """The human documents, each cut to the samples' median length: long texts lie closer together than short ones.

    All models' samples are cut to the same lengths, so they all have one and the same cloud.
    """
    documents, held = both.human.documents, samples.lengths[samples.lengths > 0]
    if documents is None or not len(documents.words) or not len(held):
        return Unmeasured(reason="there are no human documents with words to set the samples beside")
    return _kept_cloud(documents, int(np.median(held)), both.vocabulary, both.encoder)


def group_sums(values: Floats, samples: SampleSet) -> Floats:
    """The sum of each text's row of values over the texts of each group of prompts."""
    sums = np.zeros((samples.group_count, values.shape[1]))
    np.add.at(sums, samples.groups, values)
    return sums


@lru_cache(maxsize=16)
def _kept_vectors(samples: SampleSet, vocabulary: tuple[str, ...], encoder: Encoder | None) -> Floats:
    return unit_vectors(samples, vocabulary) if encoder is None else encoded_vectors(samples, encoder)


@lru_cache(maxsize=8)
def _kept_cloud(documents: SampleSet, words: int, vocabulary: tuple[str, ...], encoder: Encoder | None) -> HumanCloud:
    cut = cut_set(documents, words)
    numbers = np.flatnonzero(cut.lengths)
    return HumanCloud(vectors=_kept_vectors(cut, vocabulary, encoder)[numbers], numbers=numbers)


def mean_distance(squared_norm_of_sum: float, texts: float) -> float:
    """Mean pairwise cosine distance of unit vectors from the length of their sum: 1 - (|sum|^2 - N) / (N (N - 1)), in O(N d)."""
    return 1.0 - (squared_norm_of_sum - texts) / (texts * (texts - 1.0))


def encoded_vectors(samples: SampleSet, encoder: Encoder) -> Floats:
    """A unit vector a text from a sentence encoder; a text without words has the zero vector."""
    held = np.flatnonzero(samples.lengths)
    found = encoder.encode([samples.texts[place] for place in held.tolist()])
    vectors = np.zeros((len(samples.lengths), found.shape[1]))
    vectors[held] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return vectors


def unit_vectors(samples: SampleSet, vocabulary: tuple[str, ...]) -> Floats:
    """A unit vector a text; a text without words has the zero vector."""
    used, words = np.unique(samples.words, return_inverse=True)
    table = word_vectors([vocabulary[number] for number in used])
    ends = np.cumsum(samples.lengths)
    vectors = np.zeros((len(samples.lengths), DIMENSIONS))
    for first in range(0, len(samples.lengths), TEXTS_AT_ONCE):
        lengths = samples.lengths[first : first + TEXTS_AT_ONCE]
        begin = int(ends[first] - samples.lengths[first])
        starts = np.cumsum(lengths) - lengths
        filled = np.flatnonzero(lengths)
        if len(filled):
            gathered = table[words[begin : begin + int(lengths.sum())]]
            vectors[first + filled] = np.add.reduceat(gathered, starts[filled], axis=0)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1.0)
