"""Near-duplicates: MinHash bands propose pairs, the exact Jaccard similarity of their word runs decides, and only a kept text drops
another.

Texts come in order of priority. Text b is dropped exactly where some kept text a < b shares a band with it and has a Jaccard similarity
at or above the threshold. So similarity is never passed on along a chain: a ~ b and b ~ c drop c only where a ~ c holds too, or b was
kept. A cluster is a kept text with the texts that it dropped, each at a Jaccard distance of at most 1 - t from it; and as that distance
is a metric, no two texts of a cluster are more than 2 (1 - t) apart, however many there are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from governance.provenance.hashing import Hashes, Places, mixed
from governance.provenance.kernels import NUMPY, Kernels
from governance.provenance.shingles import shingles
from governance.provenance.words import AnyWords, Words

HASHES = 125
MISSED_AT_THRESHOLD = 0.012
"""Pairs exactly at the threshold that no band may propose, at most; pairs above it are missed far more rarely."""
MOST_LEADERS = 16
"""Kept texts that a text is compared with in one bucket: bounds the cost of a flood of texts just below the threshold."""
_CHUNK_WORDS = 1 << 17
_PAIRS_AT_A_TIME = 1 << 12
_WORDS_AT_A_TIME = 1 << 21
_HASH_BITS = np.uint64(52)
_NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicates:
    """Text `dropped[i]` repeats text `kept[i]`: `shared[i]` of `union[i]` distinct word runs are in both. In order of `dropped`."""

    dropped: Places
    kept: Places
    shared: Places
    union: Places


def near_duplicates(
    words: AnyWords, jaccard_percent: int, shingle_words: int, kernels: Kernels = NUMPY, scratch: Path | None = None
) -> NearDuplicates:
    """The texts to drop, given texts in order of priority; texts shorter than a word run are never dropped here.

    Keys of bands, 8 bytes for each text and band, lie in a file in the folder `scratch`, and in memory where there is none.
    """
    buckets, members = _buckets(words, banding(jaccard_percent), shingle_words, kernels, scratch)
    outcome = np.full((words.texts, 3), _NOBODY, dtype=np.int64)
    led = np.zeros(int(buckets[-1]) + 1 if buckets.size else 0, dtype=np.int64)
    while buckets.size:
        leads, leader, free = _leaders(buckets, members, words.texts)
        led[buckets[leads & free[leader]]] += 1
        compared = free[leader] & ~leads
        pairs = np.unique(np.stack((members[compared], leader[compared]), axis=1), axis=0)
        shared, union = shared_runs(words, pairs, shingle_words)
        _settle(outcome, pairs, shared, union, jaccard_percent)
        stays = ~free[members] & (outcome[members, 0] == _NOBODY) & (led[buckets] < MOST_LEADERS)
        buckets, members = _without_loners(buckets[stays], members[stays])
    dropped = np.flatnonzero(outcome[:, 0] != _NOBODY)
    kept, shared, union = outcome[dropped].T
    return NearDuplicates(dropped=dropped, kept=kept, shared=shared, union=union)


def banding(jaccard_percent: int) -> tuple[int, int]:
    """(bands, rows of a band): the longest bands of 125 hashes that still propose 98.8 % of the pairs exactly at the threshold."""
    similarity = jaccard_percent / 100
    chosen = (HASHES, 1)
    for rows in range(2, 26):
        bands = HASHES // rows
        if (1 - similarity**rows) ** bands <= MISSED_AT_THRESHOLD:
            chosen = (bands, rows)
    return chosen


def _buckets(words: AnyWords, banded: tuple[int, int], shingle_words: int, kernels: Kernels, scratch: Path | None) -> tuple[Places, Places]:
    """(bucket, text), sorted: texts that share a band; buckets of one text are left out. Texts without a word run share none."""
    texts = np.flatnonzero(words.lengths >= shingle_words)
    parts = _band_keys(words.take(texts), *banded, shingle_words, kernels)
    buckets, members = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    count = 0
    for band in _by_band(parts, banded[0], texts.size, scratch):
        group, place = _shared(band)
        buckets.append(group + count)
        members.append(texts[place])
        count += int(group[-1]) + 1 if group.size else 0
    return np.concatenate(buckets), np.concatenate(members)


def _shared(keys: Hashes) -> tuple[Places, Places]:
    """(number of the key, place), sorted, of every key that occurs more than once."""
    order = np.argsort(keys)
    ordered = keys[order]
    same = np.zeros(keys.size + 1, dtype=np.bool_)
    same[1:-1] = ordered[1:] == ordered[:-1]
    company = np.flatnonzero(same[1:] | same[:-1])
    group, place = np.cumsum(~same[company]) - 1, order[company]
    inside = np.lexsort((place, group))
    return group, place[inside]


def _band_keys(words: AnyWords, bands: int, rows: int, shingle_words: int, kernels: Kernels) -> Iterator[tuple[int, Hashes]]:
    """(place of the first text, a row of keys per band) of consecutive texts, all of which have a word run."""
    constants = mixed(np.arange(bands * rows, dtype=np.uint64))
    for first, chunk in words.chunks(_CHUNK_WORDS):
        runs = shingles(chunk, shingle_words)
        narrow = (runs.hashes >> np.uint64(32)).astype(np.uint32)
        yield first, np.ascontiguousarray(kernels.band_keys(narrow, runs.bounds[:-1], constants, rows).T)


def _by_band(parts: Iterable[tuple[int, Hashes]], bands: int, texts: int, scratch: Path | None) -> Iterator[Hashes]:
    """The keys of all texts, one band after the other."""
    if scratch is None:
        keys = np.empty((bands, texts), dtype=np.uint64)
        for first, part in parts:
            keys[:, first : first + part.shape[1]] = part
        yield from keys
        return
    with TemporaryFile(dir=scratch) as file:
        for first, part in parts:
            for band, run in enumerate(part):
                file.seek((band * texts + first) * run.itemsize)
                file.write(run)
        file.seek(0)
        for _ in range(bands):
            yield np.frombuffer(file.read(texts * np.dtype(np.uint64).itemsize), dtype=np.uint64)


def _leaders(buckets: Places, members: Places, texts: int) -> tuple[NDArray[np.bool_], Places, NDArray[np.bool_]]:
    """(entry is the first of its bucket, first text of the entry's bucket, text is first in every bucket that it is in).

    Everything that could have dropped such a text is decided already, so it is kept.
    """
    leads = np.diff(buckets, prepend=_NOBODY) != 0
    leader = members[leads][np.cumsum(leads) - 1]
    entries = np.bincount(members, minlength=texts)
    led = np.bincount(members[leads], minlength=texts)
    return leads, leader, (entries > 0) & (entries == led)


def _without_loners(buckets: Places, members: Places) -> tuple[Places, Places]:
    """Entries of buckets that hold at least two texts; the entries come sorted by bucket."""
    if not buckets.size:
        return buckets, members
    _, place, size = np.unique(buckets, return_inverse=True, return_counts=True)
    company = size[place] > 1
    return buckets[company], members[company]


def _settle(outcome: Places, pairs: Places, shared: Places, union: Places, jaccard_percent: int) -> None:
    """Write (kept, shared, union) of the first kept text that each text repeats; pairs come sorted by text."""
    repeats = np.flatnonzero((union > 0) & (shared * 100 >= jaccard_percent * union))
    texts, first = np.unique(pairs[repeats, 0], return_index=True)
    chosen = repeats[first]
    outcome[texts] = np.stack((pairs[chosen, 1], shared[chosen], union[chosen]), axis=1)


def shared_runs(words: AnyWords, pairs: Places, shingle_words: int) -> tuple[Places, Places]:
    """(distinct word runs in both texts, in either text) of every pair, exactly, in bounded memory."""
    weights = np.cumsum(words.lengths[pairs].sum(axis=1))
    shared, union = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    first = 0
    while first < len(pairs):
        before = weights[first - 1] if first else 0
        last = int(np.searchsorted(weights, before + _WORDS_AT_A_TIME, side="right"))
        last = min(max(last, first + 1), first + _PAIRS_AT_A_TIME)
        both, either = _shared_runs(words, pairs[first:last], shingle_words)
        shared.append(both)
        union.append(either)
        first = last
    return np.concatenate(shared), np.concatenate(union)


def _shared_runs(words: AnyWords, pairs: Places, shingle_words: int) -> tuple[Places, Places]:
    one = distinct_runs(words.take(pairs[:, 0]).packed(), shingle_words)
    other = distinct_runs(words.take(pairs[:, 1]).packed(), shingle_words)
    together = np.sort(np.concatenate((one, other)))
    twice = together[1:][together[1:] == together[:-1]]
    shared = count_by_text(twice, len(pairs))
    return shared, count_by_text(together, len(pairs)) - shared


def distinct_runs(words: Words, shingle_words: int) -> Hashes:
    """Sorted: the place of the text in the upper 12 bits, 52 bits of a run's hash below, each once. For at most 4,096 texts."""
    runs = shingles(words, shingle_words)
    coded: Hashes = np.sort((runs.owners.astype(np.uint64) << _HASH_BITS) | (runs.hashes >> (np.uint64(64) - _HASH_BITS)))
    fresh = np.ones(coded.size, dtype=np.bool_)
    fresh[1:] = coded[1:] != coded[:-1]
    return coded[fresh]


def count_by_text(coded: Hashes, texts: int) -> Places:
    """How many of the coded runs each text has."""
    return np.bincount((coded >> _HASH_BITS).astype(np.int64), minlength=texts)
