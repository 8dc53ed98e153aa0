"""Near-duplicates: MinHash bands propose pairs, the exact Jaccard similarity of their word runs decides, and only a kept text drops
another.

Texts come in order of priority. Text b is dropped exactly where some kept text a < b shares a band with it and has a Jaccard similarity
at or above the threshold. So similarity is never passed on along a chain: a ~ b and b ~ c drop c only where a ~ c holds too, or b was
kept. A cluster is a kept text with the texts that it dropped, each at a Jaccard distance of at most 1 - t from it; and as that distance
is a metric, no two texts of a cluster are more than 2 (1 - t) apart, however many there are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from governance.mixing.by_hash import Hashed, Owners, by_hash
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
_HALF, _LOW = np.int64(32), np.int64((1 << 32) - 1)
_NOBODY = -1
KEYS_AT_A_TIME, BLOCK_KEYS = 1 << 22, 1 << 19
"""Keys of a band that are looked at together, about, and those that are read in one go."""

Numbers = NDArray[np.int32]
"""Places in half the memory: nothing here holds more than two thousand million entries."""


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
    buckets, members, texts = _buckets(words, banding(jaccard_percent), shingle_words, kernels, scratch)
    kept = np.full(texts.size, _NOBODY, dtype=np.int32)
    found = [np.zeros((0, 4), dtype=np.int64)]
    led = np.zeros(int(buckets[-1]) + 1 if buckets.size else 0, dtype=np.int8)
    while buckets.size:
        leads, leader, free = _leaders(buckets, members, texts.size)
        led[buckets[leads & free[leader]]] += 1
        pairs = _pairs(members, leader, free[leader] & ~leads)
        shared, union = shared_runs(words, texts[pairs], shingle_words)
        found.append(_settled(kept, pairs, shared, union, jaccard_percent))
        stays = ~free[members] & (kept[members] == _NOBODY) & (led[buckets] < MOST_LEADERS)
        buckets, members = _without_loners(buckets[stays], members[stays])
    together = np.concatenate(found)
    dropped, leaders, shared, union = together[np.argsort(together[:, 0])].T
    return NearDuplicates(dropped=texts[dropped], kept=texts[leaders], shared=shared, union=union)


def banding(jaccard_percent: int) -> tuple[int, int]:
    """(bands, rows of a band): the longest bands of 125 hashes that still propose 98.8 % of the pairs exactly at the threshold."""
    similarity = jaccard_percent / 100
    chosen = (HASHES, 1)
    for rows in range(2, 26):
        bands = HASHES // rows
        if (1 - similarity**rows) ** bands <= MISSED_AT_THRESHOLD:
            chosen = (bands, rows)
    return chosen


def _buckets(
    words: AnyWords, banded: tuple[int, int], shingle_words: int, kernels: Kernels, scratch: Path | None
) -> tuple[Numbers, Numbers, Places]:
    """(bucket, member), sorted, and the text of each member, ascending: texts that share a band are in one bucket, and buckets of one text
    are left out. Texts without a word run are in none.
    """
    long = np.flatnonzero(words.lengths >= shingle_words)
    parts = _band_keys(words.take(long), *banded, shingle_words, kernels)
    buckets, members = [np.zeros(0, dtype=np.int32)], [np.zeros(0, dtype=np.int32)]
    count = 0
    for band in _by_band(parts, banded[0], long.size, scratch):
        for places, keys in by_hash(band, long.size, KEYS_AT_A_TIME):
            group, place = _shared(places, keys)
            buckets.append(group + np.int32(count))
            members.append(place)
            count += int(group[-1]) + 1 if group.size else 0
    return np.concatenate(buckets), *_numbered(np.concatenate(members), long)


def _numbered(places: Numbers, texts: Places) -> tuple[Numbers, Places]:
    """(the number of each place among those that occur, the text of each number)."""
    occurs = np.zeros(texts.size, dtype=np.bool_)
    occurs[places] = True
    return (np.cumsum(occurs, dtype=np.int32) - np.int32(1))[places], texts[occurs]


def _shared(places: Owners, keys: Hashes) -> tuple[Numbers, Numbers]:
    """(number of the key, place), sorted, of every key that occurs more than once."""
    order = np.argsort(keys)
    ordered = keys[order]
    same = np.zeros(keys.size + 1, dtype=np.bool_)
    same[1:-1] = ordered[1:] == ordered[:-1]
    company = np.flatnonzero(same[1:] | same[:-1])
    both = np.sort(_packed(np.cumsum(~same[company]) - 1, places[order[company]]))
    return (both >> _HALF).astype(np.int32), (both & _LOW).astype(np.int32)


def _packed(high: NDArray[np.integer[Any]], low: NDArray[np.integer[Any]]) -> Places:
    """Two numbers of 32 bits as one, which sorts as the pair does."""
    both: Places = high.astype(np.int64) << _HALF | low
    return both


def _band_keys(words: AnyWords, bands: int, rows: int, shingle_words: int, kernels: Kernels) -> Iterator[tuple[int, Hashes]]:
    """(place of the first text, a row of keys per band) of consecutive texts, all of which have a word run."""
    constants = mixed(np.arange(bands * rows, dtype=np.uint64))
    for first, chunk in words.chunks(_CHUNK_WORDS):
        runs = shingles(chunk, shingle_words)
        narrow = (runs.hashes >> np.uint64(32)).astype(np.uint32)
        yield first, np.ascontiguousarray(kernels.band_keys(narrow, runs.bounds[:-1], constants, rows).T)


def _by_band(parts: Iterable[tuple[int, Hashes]], bands: int, texts: int, scratch: Path | None) -> Iterator[Hashed]:
    """The keys of all texts with the places of these, one band after the other."""
    if scratch is None:
        keys = np.empty((bands, texts), dtype=np.uint64)
        for first, part in parts:
            keys[:, first : first + part.shape[1]] = part
        yield from (partial(iter, [(np.arange(texts, dtype=np.int32), band)]) for band in keys)
        return
    with TemporaryFile(dir=scratch) as file:
        for first, part in parts:
            for band, run in enumerate(part):
                file.seek((band * texts + first) * run.itemsize)
                file.write(run)
        yield from (partial(_blocks, file, band * texts, texts) for band in range(bands))


def _blocks(file: IO[bytes], first: int, count: int) -> Iterator[tuple[Numbers, Hashes]]:
    """So many keys of a file from one on, with their places from 0."""
    size = np.dtype(np.uint64).itemsize
    for done in range(0, count, BLOCK_KEYS):
        last = min(done + BLOCK_KEYS, count)
        file.seek((first + done) * size)
        yield np.arange(done, last, dtype=np.int32), np.frombuffer(file.read((last - done) * size), dtype=np.uint64)


def _leaders(buckets: Numbers, members: Numbers, texts: int) -> tuple[NDArray[np.bool_], Numbers, NDArray[np.bool_]]:
    """(entry is the first of its bucket, first text of the entry's bucket, text is first in every bucket that it is in).

    Everything that could have dropped such a text is decided already, so it is kept.
    """
    leads = np.diff(buckets, prepend=np.int32(_NOBODY)) != 0
    leader = members[leads][np.cumsum(leads, dtype=np.int32) - 1]
    entries = np.bincount(members, minlength=texts)
    led = np.bincount(members[leads], minlength=texts)
    return leads, leader, (entries > 0) & (entries == led)


def _without_loners(buckets: Numbers, members: Numbers) -> tuple[Numbers, Numbers]:
    """Entries of buckets that hold at least two texts; the entries come sorted by bucket."""
    starts = np.flatnonzero(np.diff(buckets, prepend=np.int32(_NOBODY)))
    sizes = np.diff(starts, append=buckets.size)
    company = np.repeat(sizes > 1, sizes)
    return buckets[company], members[company]


def _pairs(members: Numbers, leader: Numbers, compared: NDArray[np.bool_]) -> Places:
    """(text, leader) of the entries to be compared, each pair once, sorted."""
    both = np.unique(_packed(members[compared], leader[compared]))
    return np.column_stack((both >> _HALF, both & _LOW))


def _settled(kept: Numbers, pairs: Places, shared: Places, union: Places, jaccard_percent: int) -> Places:
    """(text, kept text, shared, union) of the first kept text that each text repeats; it is written down in `kept` too. Pairs come sorted
    by text.
    """
    repeats = np.flatnonzero((union > 0) & (shared * 100 >= jaccard_percent * union))
    texts, first = np.unique(pairs[repeats, 0], return_index=True)
    chosen = repeats[first]
    kept[texts] = pairs[chosen, 1]
    return np.column_stack((texts, pairs[chosen, 1], shared[chosen], union[chosen]))


def shared_runs(words: AnyWords, pairs: Places, shingle_words: int) -> tuple[Places, Places]:
    """(distinct word runs in both texts, in either text) of every pair, exactly, in bounded memory."""
    weights = np.cumsum(sum(words.take(pairs[:, side]).lengths for side in (0, 1)))
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
