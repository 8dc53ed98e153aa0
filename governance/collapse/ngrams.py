"""Word n-grams of a sample set as sorted numbers: one sort per order, everything after it is linear."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from governance.collapse.evidence import Floats, Mask, Whole
from governance.collapse.samples import SampleSet

LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedCounts:
    """How often each n-gram occurs in each group of prompts: an entry per (n-gram, group) that occurs at all, n-grams together.

    `types` holds the count of each distinct n-gram over all groups, `first` the place of its first entry, `holders` how many entries it
    has, and `totals` the number of n-grams in each group.
    """

    group_of: Whole
    count: Whole
    types: Whole
    first: Whole
    holders: Whole
    totals: Whole


def ngram_keys(samples: SampleSet, order: int) -> tuple[Whole, Whole, int]:
    """(key of each n-gram, number of its sample, a bound that every key is below); n-grams never cross the border of a sample."""
    owners = np.repeat(np.arange(len(samples.lengths)), samples.lengths)
    keys, bound = samples.words, max(samples.vocabulary, 1)
    for width in range(2, order + 1):
        keys, bound = _narrow(keys, bound, samples.vocabulary)
        keys, bound = keys[:-1] * samples.vocabulary + samples.words[width - 1 :], bound * samples.vocabulary
    if order == 1:
        return keys, owners, bound
    inside = owners[: len(keys)] == owners[order - 1 :]
    return keys[inside], owners[: len(keys)][inside], bound


@lru_cache(maxsize=16)
def grouped_counts(samples: SampleSet, order: int) -> GroupedCounts:
    """Counts of n-grams of an order, by group of prompts; kept for the next metric that asks for the same ones."""
    keys, owners, bound = ngram_keys(samples, order)
    shift = samples.group_count.bit_length()
    keys, _ = _narrow(keys, bound, 1 << shift)
    runs, count = sorted_runs((keys << shift) | samples.groups[owners])
    first = _starts(runs >> shift)
    return GroupedCounts(
        group_of=runs & ((1 << shift) - 1),
        count=count,
        types=np.add.reduceat(count, first) if len(first) else count,
        first=first,
        holders=np.diff(first, append=len(runs)),
        totals=np.bincount(samples.groups, np.maximum(samples.lengths - order + 1, 0), samples.group_count).astype(np.int64),
    )


def sorted_runs(keys: Whole) -> tuple[Whole, Whole]:
    """(distinct keys in order, how often each occurs)."""
    ordered = np.sort(keys)
    starts = _starts(ordered)
    return ordered[starts], np.diff(starts, append=len(ordered))


def lost(counts: GroupedCounts, chosen: Mask) -> tuple[Floats, Floats]:
    """How many of the chosen n-grams go when a group is left out (groups,), and when two are (groups, groups)."""
    groups = len(counts.totals)
    one = counts.first[chosen & (counts.holders == 1)]
    two = counts.first[chosen & (counts.holders == 2)]
    alone = np.bincount(counts.group_of[one], minlength=groups).astype(np.float64)
    shared = np.bincount(counts.group_of[two] * groups + counts.group_of[two + 1], minlength=groups * groups).reshape(groups, groups)
    return alone, alone[:, None] + alone[None, :] + shared + shared.T


def _starts(ordered: Whole) -> Whole:
    return np.flatnonzero(np.concatenate([np.ones(min(len(ordered), 1), dtype=bool), ordered[1:] != ordered[:-1]]))


def _narrow(keys: Whole, bound: int, factor: int) -> tuple[Whole, int]:
    if bound * factor < LARGEST_KEY:
        return keys, bound
    distinct, numbers = np.unique(keys, return_inverse=True)
    return numbers, len(distinct)
