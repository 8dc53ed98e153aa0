"""Runs of words as hashes: the sets that near-duplicates and overlaps are compared by."""

from dataclasses import dataclass

import numpy as np

from governance.provenance.hashing import Hashes, Places, mixed, ranges
from governance.provenance.words import Words

_STEP = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shingles:
    """Hashes of the word runs of texts, repeats included: text i owns `hashes[bounds[i]:bounds[i + 1]]`."""

    hashes: Hashes
    bounds: Places

    @property
    def lengths(self) -> Places:
        """Runs of each text."""
        return np.diff(self.bounds)

    @property
    def owners(self) -> Places:
        """The text of each run."""
        return np.repeat(np.arange(self.bounds.size - 1), self.lengths)


def shingles(words: Words, size: int) -> Shingles:
    """Every run of `size` words inside a text; a text of fewer words has none."""
    counts = np.maximum(words.lengths - (size - 1), 0)
    bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts)))
    folded = _folded(words.ids, size)
    inside = np.ones(folded.size, dtype=np.bool_)
    for back in range(1, size):
        across = words.bounds[1:] - back
        inside[across[(across >= 0) & (across < folded.size)]] = False
    return Shingles(hashes=folded[inside], bounds=bounds)


def whole_or_shingles(words: Words, size: int) -> Shingles:
    """Like `shingles`, but a text of 1 to size - 1 words is one run: so it is found where the other text is the same words."""
    counts = np.where(words.lengths > 0, np.maximum(words.lengths - (size - 1), 1), 0)
    bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts)))
    hashes = np.zeros(int(bounds[-1]), dtype=np.uint64)
    long_starts = ranges(words.bounds[:-1], np.where(words.lengths >= size, counts, 0))
    hashes[ranges(bounds[:-1], np.where(words.lengths >= size, counts, 0))] = _folded(words.ids, size)[long_starts]
    for short in range(1, size):
        texts = np.flatnonzero(words.lengths == short)
        hashes[bounds[texts]] = mixed(_folded(words.ids, short)[words.bounds[texts]] + np.uint64(short))
    return Shingles(hashes=hashes, bounds=bounds)


def openings(words: Words, size: int) -> Hashes:
    """A hash of the first `size` words of each text, of all its words where it has fewer; 0 where it has none."""
    found = np.zeros(words.texts, dtype=np.uint64)
    for length in range(1, size + 1):
        texts = np.flatnonzero(words.lengths >= length)
        found[texts] = mixed(found[texts] * _STEP + words.ids[words.bounds[texts] + length - 1])
    return found


def _folded(ids: Hashes, size: int) -> Hashes:
    """A hash of the run of `size` words that starts at each place; runs that leave the array are left out."""
    last = max(ids.size - size + 1, 0)
    folded = ids[:last].copy()
    for offset in range(1, size):
        folded *= _STEP
        folded += ids[offset : last + offset]
    return mixed(folded)
