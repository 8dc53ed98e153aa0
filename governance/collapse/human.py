"""Statistics of a sample set beside the human shard: what of it is still said, and how far the words have moved."""

from functools import lru_cache

import numpy as np

from governance.collapse.diversity import NOTHING_WRITTEN
from governance.collapse.evidence import Floats, Unmeasured, Whole
from governance.collapse.ngrams import grouped_counts, lost, ngram_keys, sorted_runs
from governance.collapse.sampled import LeftOut
from governance.collapse.samples import Samples, SampleSet

NO_HUMAN_WORDS = Unmeasured(reason="the human shard holds no words")
HALF = 0.5
"""Added to every count before a logarithm is taken: Jeffreys' prior, so that a word that is not said costs much and not infinitely much."""
BANDS = 10
ORDER = 2
SUPPORTED = 2
"""An n-gram belongs to the human support where at least so many documents hold it: a slip of one hand is not missed."""


def relative_entropy(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """KL(human || samples) in bits over the human shard's words and one class for all others: what is no longer said costs most.

    The classes are the human shard's, so a model's reading does not depend on what other models said.
    """
    human = both.human.counts
    if not human.sum():
        return NO_HUMAN_WORDS
    counts = grouped_counts(samples, 1)
    total = counts.totals.sum()
    if not total or counts.totals.max() == total:
        return NOTHING_WRITTEN
    share = human / human.sum()
    classes = int((human > 0).sum()) + 1
    said = sorted_runs(samples.words)[0]
    types, held = counts.types + HALF, np.repeat(np.arange(len(said)), counts.holders)
    unsaid = 1.0 - float(share[said].sum())
    whole = float(share[said] @ np.log2(types)) + unsaid * np.log2(HALF)
    fallen = share[said][held] * (np.log2(types[held]) - np.log2(types[held] - counts.count))
    fixed = float(_plain_entropy(share))
    size, rest = np.log2(total + HALF * classes), np.log2(total - counts.totals + HALF * classes)
    gone = np.bincount(counts.group_of, fallen, minlength=len(counts.totals))
    return LeftOut(value=float(size - whole - fixed), without=rest - (whole - gone) - fixed)


def stability_index(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """PSI, in nats, over ten bands of words from the human shard's most frequent to its rarest; words it lacks count as the rarest."""
    human = both.human.counts
    if not human.sum():
        return NO_HUMAN_WORDS
    if not len(samples.words):
        return NOTHING_WRITTEN
    band = frequency_bands(human)
    bands = int(band.max()) + 1
    expected = _shares(np.bincount(band, human, minlength=bands))
    groups = np.repeat(samples.groups, samples.lengths)
    table = np.bincount(groups * bands + band[samples.words], minlength=samples.group_count * bands).reshape(-1, bands)
    whole = table.sum(axis=0)
    if table.sum(axis=1).max() == whole.sum():
        return NOTHING_WRITTEN
    return LeftOut(value=float(_index(_shares(whole), expected)), without=_index(_shares(whole - table), expected))


def frequency_bands(counts: Whole) -> Whole:
    """The band of every word: 0 for the most frequent; each band holds about a tenth of all tokens, words said equally often one band."""
    often, numbers = np.unique(counts, return_inverse=True)
    tokens = np.bincount(numbers, counts)[::-1]
    middle = (np.cumsum(tokens) - tokens / 2)[::-1] / counts.sum()
    band = np.minimum((middle * BANDS).astype(np.int64), BANDS - 1)
    if often[0] == 0:
        band[0] = band[min(1, len(often) - 1)]
    return np.unique(band[numbers], return_inverse=True)[1]


def support_coverage(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """Share of the human support (word bigrams that two documents hold) that all the draws of all prompts together say."""
    documents = both.human.documents
    support = np.zeros(0, dtype=np.int64) if documents is None else human_support(documents)
    if not len(support):
        return Unmeasured(reason=f"no word {ORDER}-gram is in {SUPPORTED} documents of the human shard")
    counts = grouped_counts(samples, ORDER)
    said = np.isin(sorted_runs(ngram_keys(samples, ORDER)[0])[0], support)
    gone, gone_two = lost(counts, said)
    held, every = float(said.sum()), float(len(support))
    return LeftOut(value=held / every, without=(held - gone) / every, without_two=(held - gone_two) / every)


@lru_cache(maxsize=8)
def human_support(documents: SampleSet) -> Whole:
    """Keys of the n-grams that enough documents hold; kept for the next model of the same probe."""
    keys, owners, _ = ngram_keys(documents, ORDER)
    names, dense = np.unique(keys, return_inverse=True)
    once = np.unique(dense * max(len(documents.lengths), 1) + owners)
    held = np.bincount(once // max(len(documents.lengths), 1), minlength=len(names))
    return names[held >= SUPPORTED]


def _plain_entropy(share: Floats) -> float:
    held = share[share > 0]
    return -float(held @ np.log2(held))


def _shares(counts: Floats | Whole) -> Floats:
    padded = counts + HALF
    return np.asarray(padded / padded.sum(axis=-1, keepdims=True), dtype=np.float64)


def _index(actual: Floats, expected: Floats) -> Floats:
    return np.asarray(((actual - expected) * np.log(actual / expected)).sum(axis=-1), dtype=np.float64)
