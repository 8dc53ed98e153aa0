"""Statistics of the words of a sample set: how many are distinct, how evenly they are used, how often a text repeats itself."""

import numpy as np

from governance.collapse.evidence import Floats, Unmeasured, Whole
from governance.collapse.ngrams import grouped_counts, lost, ngram_keys, packed, sorted_runs
from governance.collapse.sampled import LeftOut
from governance.collapse.samples import Samples, SampleSet

NOTHING_WRITTEN = Unmeasured(reason="no text is long enough to hold the n-grams that are counted")


def distinct(samples: SampleSet, _: Samples, *, order: int) -> LeftOut | Unmeasured:
    """Distinct n-grams over all n-grams (Li et al. 2016). It falls as a set grows: comparable at one word budget only."""
    counts = grouped_counts(samples, order)
    total = counts.totals.sum()
    if not total or counts.totals.max() == total:
        return NOTHING_WRITTEN
    types, rest = len(counts.types), (total - counts.totals).astype(np.float64)
    gone, gone_two = lost(counts, np.ones(types, dtype=bool))
    rest_two = np.maximum(rest[:, None] - counts.totals[None, :], 1.0)
    return LeftOut(value=float(types / total), without=(types - gone) / rest, without_two=(types - gone_two) / rest_two)


def entropy(samples: SampleSet, _: Samples, *, order: int) -> LeftOut | Unmeasured:
    """Shannon entropy, in bits, of the n-gram frequencies of the set."""
    counts = grouped_counts(samples, order)
    total = float(counts.totals.sum())
    if not total or counts.totals.max() == total:
        return NOTHING_WRITTEN
    weigh = _weights(int(counts.types.max()))
    held = np.repeat(counts.types, counts.holders)
    gone = np.bincount(counts.group_of, weigh[held] - weigh[held - counts.count], minlength=len(counts.totals))
    weight, rest = float(weigh[counts.types].sum()), total - counts.totals
    return LeftOut(value=float(np.log2(total) - weight / total), without=np.log2(rest) - (weight - gone) / rest)


def type_token_ratio(samples: SampleSet, _: Samples) -> LeftOut | Unmeasured:
    """Distinct words of each text over its words, texts pooled: what a text does to itself, where distinct-1 sees the whole set."""
    keys, owners, _bound = ngram_keys(samples, 1)
    shift = samples.vocabulary.bit_length()
    runs, _count = sorted_runs(packed(owners, keys, shift, len(samples.lengths)))
    types = np.bincount(samples.groups[runs >> shift], minlength=samples.group_count)
    words = np.bincount(samples.groups, samples.lengths, minlength=samples.group_count)
    if not words.sum() or words.max() == words.sum():
        return NOTHING_WRITTEN
    return LeftOut(value=float(types.sum() / words.sum()), without=(types.sum() - types) / (words.sum() - words))


def top_opening(samples: SampleSet, _: Samples, *, width: int = 3) -> LeftOut | Unmeasured:
    """Share of texts that begin with the most common opening of `width` words; shorter texts count as openings of nothing.

    Groups are left out of the count of that one opening: leaving them out of the maximum would call every tie certain.
    """
    starts = np.cumsum(samples.lengths) - samples.lengths
    long_enough = np.flatnonzero(samples.lengths >= width)
    if not len(long_enough):
        return NOTHING_WRITTEN
    openings = np.column_stack([samples.words[starts[long_enough] + place] for place in range(width)])
    _names, numbers = np.unique(openings, axis=0, return_inverse=True)
    table = _table(numbers.ravel(), samples.groups[long_enough], samples.group_count)
    texts = np.bincount(samples.groups, minlength=samples.group_count)
    said = table[:, table.sum(axis=0).argmax()]
    if texts.max() == texts.sum():
        return NOTHING_WRITTEN
    return LeftOut(value=float(said.sum() / texts.sum()), without=(said.sum() - said) / (texts.sum() - texts))


def divergence(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """Jensen-Shannon divergence, in bits, between the word frequencies of the set and of the human shard; from 0 to 1."""
    human = both.human.counts.astype(np.float64)
    if not human.sum():
        return Unmeasured(reason="the human shard holds no words")
    if not len(samples.words):
        return NOTHING_WRITTEN
    table = _table(samples.words, samples.groups[np.repeat(np.arange(len(samples.lengths)), samples.lengths)], samples.group_count)
    whole = table.sum(axis=0)
    if table.sum(axis=1).max() == whole.sum():
        return NOTHING_WRITTEN
    share = human / human.sum()
    without = np.array([_jensen_shannon(whole - group, share) for group in table])
    return LeftOut(value=_jensen_shannon(whole, share), without=without)


def rare_coverage(samples: SampleSet, both: Samples) -> LeftOut | Unmeasured:
    """Share of the human shard's rare words (in one or two of its documents) that the set says at all."""
    rare = both.human.rare
    if not rare.any():
        return Unmeasured(reason="the human shard holds no rare words")
    counts = grouped_counts(samples, 1)
    said = rare[sorted_runs(samples.words)[0]]
    gone, gone_two = lost(counts, said)
    held, all_rare = float(said.sum()), float(rare.sum())
    return LeftOut(value=held / all_rare, without=(held - gone) / all_rare, without_two=(held - gone_two) / all_rare)


def _weights(largest: int) -> Floats:
    """C log2 c of every count up to the largest."""
    counts = np.arange(largest + 1, dtype=np.float64)
    return counts * np.log2(np.maximum(counts, 1.0))


def _table(columns: Whole, groups: Whole, group_count: int) -> Floats:
    width = int(columns.max()) + 1
    return np.bincount(groups * width + columns, minlength=group_count * width).reshape(group_count, width).astype(np.float64)


def _jensen_shannon(counts: Floats, share: Floats) -> float:
    p = np.zeros_like(share)
    p[: len(counts)] = counts / counts.sum()
    middle = (p + share) / 2
    return (_relative(p, middle) + _relative(share, middle)) / 2


def _relative(p: Floats, q: Floats) -> float:
    held = p > 0
    return float((p[held] * np.log2(p[held] / q[held])).sum())
