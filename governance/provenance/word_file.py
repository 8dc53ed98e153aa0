"""Word hashes in a file: eight bytes a word stay on disk, in the order in which they will be asked for."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from governance.provenance.hashing import Hashes, Places, ranges
from governance.provenance.words import Words

WORD = np.dtype("<u8")
SPAN = 4
"""Texts are read as one stretch of the file where at most so many times their own words lie between them, else one by one."""
DEALT_TEXTS, MOST_FILES = 1 << 15, 256


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFile:
    """Text i owns the `lengths[i]` hashes from `starts[i]` on. Texts are chosen without a look at the file (see `words.AnyWords`)."""

    path: Path
    starts: Places
    lengths: Places

    @property
    def texts(self) -> int:
        return int(self.starts.size)

    def take(self, places: Places) -> "WordFile":
        return WordFile(path=self.path, starts=self.starts[places], lengths=self.lengths[places])

    def packed(self) -> Words:
        bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(self.lengths)))
        return Words(ids=self._ids(int(bounds[-1])), bounds=bounds)

    def chunks(self, words: int) -> Iterator[tuple[int, Words]]:
        ends, first = np.cumsum(self.lengths), 0
        while first < self.texts:
            before = int(ends[first - 1]) if first else 0
            last = max(first + 1, int(np.searchsorted(ends, before + words, side="right")))
            yield first, WordFile(path=self.path, starts=self.starts[first:last], lengths=self.lengths[first:last]).packed()
            first = last

    def _ids(self, whole: int) -> Hashes:
        if not whole:
            return np.zeros(0, dtype=np.uint64)
        first, last = int(self.starts.min()), int((self.starts + self.lengths).max())
        if last - first > SPAN * whole:
            return self._one_by_one()
        span = np.fromfile(self.path, dtype=WORD, count=last - first, offset=first * WORD.itemsize).astype(np.uint64, copy=False)
        return span[ranges(self.starts - first, self.lengths)]

    def _one_by_one(self) -> Hashes:
        places = zip((self.starts * WORD.itemsize).tolist(), (self.lengths * WORD.itemsize).tolist(), strict=True)
        with self.path.open("rb") as file:
            found = [os.pread(file.fileno(), length, start) for start, length in places]
        return np.frombuffer(b"".join(found), dtype=WORD).astype(np.uint64, copy=False)


class WordWriter:
    """Takes texts one after the other and leaves their words in the file in another order, through files of neighbours.

    `order[i]` is where text i shall lie among all.
    """

    def __init__(self, path: Path, order: Places) -> None:
        self._path, self._order = path, order
        self._dealt = max(DEALT_TEXTS, -(-order.size // MOST_FILES))
        self._files = [path.with_name(f"{path.name}.{number}") for number in range(-(-order.size // self._dealt))]
        self._written = [file.open("wb") for file in self._files]
        self._lengths, self._taken = np.zeros(order.size, dtype=np.int64), 0

    def add(self, runs: Sequence[bytes]) -> None:
        """The next texts as runs of little-endian words."""
        first, self._taken = self._taken, self._taken + len(runs)
        self._lengths[first : self._taken] = np.fromiter((len(run) for run in runs), dtype=np.int64, count=len(runs)) // WORD.itemsize
        numbers = self._order[first : self._taken] // self._dealt
        by_file = np.argsort(numbers, kind="stable")
        edges = np.searchsorted(numbers[by_file], np.arange(len(self._files) + 1)).tolist()
        for number, file in enumerate(self._written):
            if edges[number] < edges[number + 1]:
                file.write(b"".join(runs[place] for place in by_file[edges[number] : edges[number + 1]].tolist()))

    def close(self) -> WordFile:
        """Everything is written, and can be looked up by the number of a text."""
        numbers = self._order // self._dealt
        by_file = np.argsort(numbers, kind="stable")
        edges = np.searchsorted(numbers[by_file], np.arange(len(self._files) + 1))
        starts, end = np.zeros(self._order.size, dtype=np.int64), 0
        with self._path.open("wb") as target:
            for number, (part, file) in enumerate(zip(self._files, self._written, strict=True)):
                file.close()
                texts = by_file[edges[number] : edges[number + 1]]
                lengths, inside = self._lengths[texts], np.argsort(self._order[texts])
                moved = np.fromfile(part, dtype=WORD)[ranges((np.cumsum(lengths) - lengths)[inside], lengths[inside])]
                moved.tofile(target)
                starts[texts[inside]] = end + np.cumsum(lengths[inside]) - lengths[inside]
                end += moved.size
                part.unlink()
        return WordFile(path=self._path, starts=starts, lengths=self._lengths)
