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
    keys, bound = _keys_everywhere(samples, order)
    owners = np.repeat(np.arange(len(samples.lengths)), ngrams_held(samples, order))
    if order == 1:
        return keys, owners, bound
    inside = np.ones(len(keys), dtype=bool)
    inside[_outside(samples, order, len(keys))] = False
    return keys[inside], owners, bound


def ngrams_held(samples: SampleSet, order: int) -> Whole:
    """How many n-grams each sample holds."""
    return np.maximum(samples.lengths - order + 1, 0)


@lru_cache(maxsize=16)
def grouped_counts(samples: SampleSet, order: int) -> GroupedCounts:
    """Counts of n-grams of an order, by group of prompts; kept for the next metric that asks for the same ones."""
    keys, bound = _keys_everywhere(samples, order)
    shift = samples.group_count.bit_length()
    keys, bound = _narrow(keys, bound, 1 << shift)
    held = ngrams_held(samples, order)
    ordered = packed(keys, np.repeat(samples.groups, samples.lengths)[: len(keys)], shift, bound)
    ordered[_outside(samples, order, len(keys))] = np.iinfo(ordered.dtype).max
    ordered.sort()
    ordered = ordered[: held.sum()]
    starts = _starts(ordered)
    runs = ordered[starts]
    first = _starts(runs >> shift)
    return GroupedCounts(
        group_of=(runs & ((1 << shift) - 1)).astype(np.int64),
        count=_gaps(starts, len(ordered)),
        types=_gaps(starts[first], len(ordered)),
        first=first,
        holders=_gaps(first, len(runs)),
        totals=np.bincount(samples.groups, held, samples.group_count).astype(np.int64),
    )


def packed(high: Whole, low: Whole, shift: int, bound: int) -> Whole:
    """Two numbers as one, `low` in the last `shift` bits; in 32 bits where `bound`, above every `high`, allows: they sort faster."""
    out: Whole = high.astype(np.int32 if bound << shift < 2**31 else np.int64)
    out <<= shift
    out |= low.astype(out.dtype, copy=False)
    return out


def sorted_runs(keys: Whole) -> tuple[Whole, Whole]:
    """(distinct keys in order, how often each occurs)."""
    ordered = np.sort(keys)
    starts = _starts(ordered)
    return ordered[starts], _gaps(starts, len(ordered))


def lost(counts: GroupedCounts, chosen: Mask) -> tuple[Floats, Floats]:
    """How many of the chosen n-grams go when a group is left out (groups,), and when two are (groups, groups)."""
    groups = len(counts.totals)
    one = counts.first[chosen & (counts.holders == 1)]
    two = counts.first[chosen & (counts.holders == 2)]
    alone = np.bincount(counts.group_of[one], minlength=groups).astype(np.float64)
    shared = np.bincount(counts.group_of[two] * groups + counts.group_of[two + 1], minlength=groups * groups).reshape(groups, groups)
    return alone, alone[:, None] + alone[None, :] + shared + shared.T


def _keys_everywhere(samples: SampleSet, order: int) -> tuple[Whole, int]:
    """A key for every place where `order` words follow, across the borders of samples too."""
    keys, bound = samples.words, max(samples.vocabulary, 1)
    for width in range(2, order + 1):
        keys, bound = _narrow(keys, bound, samples.vocabulary)
        keys, bound = keys[:-1] * samples.vocabulary, bound * samples.vocabulary
        keys += samples.words[width - 1 :]
    return keys, bound


def _outside(samples: SampleSet, order: int, places: int) -> Whole:
    """Of the first `places` words those whose sample ends before a whole n-gram; a few, where samples are long."""
    ends = np.cumsum(samples.lengths)
    found = np.concatenate([np.zeros(0, dtype=np.int64), *(ends[samples.lengths >= back] - back for back in range(1, order))])
    return found[found < places]


def _starts(ordered: Whole) -> Whole:
    new = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return np.flatnonzero(new)


def _gaps(starts: Whole, end: int) -> Whole:
    """The length of each run, of which the last goes to the end."""
    gaps = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=gaps[:-1])
    gaps[-1:] = end - starts[-1:]
    return gaps


def _narrow(keys: Whole, bound: int, factor: int) -> tuple[Whole, int]:
    if bound * factor < LARGEST_KEY:
        return keys, bound
    distinct, numbers = np.unique(keys, return_inverse=True)
    return numbers, len(distinct)
