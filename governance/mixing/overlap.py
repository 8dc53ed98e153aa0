"""Overlap with pinned texts: a row that holds half of a locked document, or is half made of one, would teach the exam."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from governance.provenance.hashing import Hashes, Places, ranges
from governance.provenance.shingles import Shingles, whole_or_shingles
from governance.provenance.words import AnyWords, Words

_CHUNK_WORDS = 1 << 20
_FILTER_BITS = np.uint64(22)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlaps:
    """Text `texts[i]` shares `shared[i]` word runs with pinned text `pinned[i]`; the shorter one has `of[i]`. In order of `texts`."""

    texts: Places
    pinned: Places
    shared: Places
    of: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """Distinct (run, pinned text), sorted by run; how many runs each pinned text has; which upper bits of a hash occur at all."""

    runs: Hashes
    owners: Places
    sizes: Places
    occurs: NDArray[np.bool_]


def overlaps(words: AnyWords, pinned: Words, overlap_words: int, overlap_percent: int) -> Overlaps:
    """The texts that share at least `overlap_percent` of the distinct word runs of the shorter one with a pinned text.

    Each is named once, with the first pinned text that it overlaps. The count is exact: nothing is sketched or sampled. Two texts with
    a word-5-gram Jaccard similarity of 0.7 share more than 70 % of their runs of 8 words, so that near-duplicates of pinned texts are
    found here too.
    """
    [found] = overlaps_of_each(words, [pinned], overlap_words, overlap_percent)
    return found


def overlaps_of_each(words: AnyWords, pinned: Sequence[Words], overlap_words: int, overlap_percent: int) -> list[Overlaps]:
    """`overlaps` with each of several pinned sets; what costs most, the word runs of the texts, is made once for all of them."""
    indices = [_index(one, overlap_words) for one in pinned]
    found = [[np.zeros((0, 4), dtype=np.int64)] for _ in indices]
    for first, chunk in words.chunks(_CHUNK_WORDS):
        runs = whole_or_shingles(chunk, overlap_words)
        for index, hits_of_it in zip(indices, found, strict=True):
            hits = _overlaps(chunk, _suspects(runs, index), index, overlap_words, overlap_percent)
            hits[:, 0] += first
            hits_of_it.append(hits)
    columns = [np.concatenate(hits).T for hits in found]
    return [Overlaps(texts=texts, pinned=places, shared=shared, of=of) for texts, places, shared, of in columns]


def _index(pinned: Words, overlap_words: int) -> _Index:
    runs, owners = _distinct(pinned, overlap_words)
    order = np.lexsort((owners, runs))
    occurs = np.zeros(1 << int(_FILTER_BITS), dtype=np.bool_)
    occurs[runs >> (np.uint64(64) - _FILTER_BITS)] = True
    return _Index(runs=runs[order], owners=owners[order], sizes=np.bincount(owners, minlength=pinned.texts), occurs=occurs)


def _overlaps(words: Words, suspects: Places, index: _Index, overlap_words: int, overlap_percent: int) -> Places:
    """Rows of (text, pinned text, shared, runs of the shorter), one per overlapping text, by text."""
    runs, owners = _distinct(words.take(suspects), overlap_words)
    sizes = np.bincount(owners, minlength=suspects.size)
    low = np.searchsorted(index.runs, runs, side="left")
    hits = np.searchsorted(index.runs, runs, side="right") - low
    places = index.owners[ranges(low, hits)]
    pairs, shared = np.unique(np.stack((np.repeat(owners, hits), places), axis=1), axis=0, return_counts=True)
    of = np.minimum(sizes[pairs[:, 0]], index.sizes[pairs[:, 1]])
    enough = np.flatnonzero(shared * 100 >= overlap_percent * of)
    _, first = np.unique(pairs[enough, 0], return_index=True)
    chosen = enough[first]
    return np.column_stack((suspects[pairs[chosen, 0]], pairs[chosen, 1], shared[chosen], of[chosen]))


def _suspects(found: Shingles, index: _Index) -> Places:
    """Texts with any run of a pinned text; a table of the upper bits spares most runs the search."""
    likely = np.flatnonzero(index.occurs[found.hashes >> (np.uint64(64) - _FILTER_BITS)])
    runs = found.hashes[likely]
    place = np.searchsorted(index.runs, runs)
    place[place == index.runs.size] = 0
    return np.unique(found.owners[likely[index.runs[place] == runs]]) if index.runs.size else likely


def _distinct(words: Words, overlap_words: int) -> tuple[Hashes, Places]:
    """Distinct (run, text), sorted by text."""
    found = whole_or_shingles(words, overlap_words)
    owners = found.owners
    order = np.lexsort((found.hashes, owners))
    hashes, owners = found.hashes[order], owners[order]
    fresh = np.ones(hashes.size, dtype=np.bool_)
    fresh[1:] = (np.diff(hashes) != 0) | (np.diff(owners) != 0)
    return hashes[fresh], owners[fresh]
