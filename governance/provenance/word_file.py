"""Word hashes in a file: eight bytes a word stay on disk, in the order in which they will be asked for."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from governance.provenance.hashing import Hashes, Places, ranges
from governance.provenance.words import Words

WORD = np.dtype("<u8")
SPAN = 4
"""Texts are read as one stretch of the file where at most so many times their own words lie between them, else one by one."""
DEALT_TEXTS, MOST_FILES = 1 << 15, 256
_LOOKED_AT = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class WordFile:
    """Text i owns the hashes from `bounds[i]` to `bounds[i + 1]`; where some were taken, text i is text `at[i]` of the file.

    Texts are chosen without a look at the file, and whatever is taken of them shares their bounds (see `words.AnyWords`): in memory are
    eight bytes a text of the file, and the places of those that were taken, which whoever took them has anyway.
    """

    path: Path
    bounds: Places
    at: Places | None = None

    @property
    def texts(self) -> int:
        return int(self.bounds.size) - 1 if self.at is None else int(self.at.size)

    @property
    def lengths(self) -> Places:
        return self._lengths(0, self.texts)

    def take(self, places: Places) -> "WordFile":
        return replace(self, at=places if self.at is None else self.at[places])

    def packed(self) -> Words:
        bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(self.lengths)))
        starts = self.bounds[:-1] if self.at is None else self.bounds[self.at]
        return Words(ids=_read(self.path, starts, np.diff(bounds)), bounds=bounds)

    def chunks(self, words: int) -> Iterator[tuple[int, Words]]:
        first = 0
        while first < self.texts:
            last = self._end(first, words)
            yield first, self._part(first, last).packed()
            first = last

    def _end(self, first: int, words: int) -> int:
        """Where the texts end that begin with this one and have so many words together, or one more text does."""
        looked_at = _LOOKED_AT
        while True:
            ends = np.cumsum(self._lengths(first, first + looked_at))
            if ends[-1] > words or first + looked_at >= self.texts:
                return first + max(1, int(np.searchsorted(ends, words, side="right")))
            looked_at *= 2

    def _lengths(self, first: int, last: int) -> Places:
        if self.at is None:
            return np.diff(self.bounds[first : last + 1])
        at = self.at[first:last]
        found: Places = self.bounds[at + 1] - self.bounds[at]
        return found

    def _part(self, first: int, last: int) -> "WordFile":
        if self.at is None:
            return replace(self, bounds=self.bounds[first : last + 1])
        return replace(self, at=self.at[first:last])


class WordWriter:
    """Takes texts one after the other and leaves their words in the file in another order, through files of neighbours.

    `order[i]` is where text i shall lie among all.
    """

    def __init__(self, path: Path, order: Places) -> None:
        self._path, self._order = path, order
        self._dealt = max(DEALT_TEXTS, -(-order.size // MOST_FILES))
        self._files = [path.with_name(f"{path.name}.{number}") for number in range(-(-order.size // self._dealt))]
        self._written = [file.open("wb") for file in self._files]
        self._lengths, self._taken = np.zeros(order.size, dtype=np.uint32), 0

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
        """Everything is written; the texts lie, and are numbered, in the order that was asked for."""
        wanted = np.empty(self._order.size, dtype=np.int64)
        wanted[self._order] = np.arange(self._order.size)
        bounds = np.zeros(wanted.size + 1, dtype=np.int64)
        with self._path.open("wb") as target:
            for number, (part, file) in enumerate(zip(self._files, self._written, strict=True)):
                file.close()
                first = number * self._dealt
                texts = wanted[first : first + self._dealt]
                written = np.argsort(texts)  # a file has its texts in the order in which they came
                lengths = self._lengths[texts].astype(np.int64)
                starts = np.zeros(texts.size, dtype=np.int64)
                starts[written] = np.cumsum(lengths[written]) - lengths[written]
                np.fromfile(part, dtype=WORD)[ranges(starts, lengths)].tofile(target)
                bounds[first + 1 : first + 1 + texts.size] = bounds[first] + np.cumsum(lengths)
                part.unlink()
        return WordFile(path=self._path, bounds=bounds)


def _read(path: Path, starts: Places, lengths: Places) -> Hashes:
    whole = int(lengths.sum())
    if not whole:
        return np.zeros(0, dtype=np.uint64)
    first, last = int(starts.min()), int((starts + lengths).max())
    if last - first > SPAN * whole:
        return _one_by_one(path, starts, lengths)
    span = np.fromfile(path, dtype=WORD, count=last - first, offset=first * WORD.itemsize).astype(np.uint64, copy=False)
    return span if last - first == whole and _in_a_row(starts, lengths) else span[ranges(starts - first, lengths)]


def _in_a_row(starts: Places, lengths: Places) -> bool:
    return bool((starts[1:] == (starts + lengths)[:-1]).all())


def _one_by_one(path: Path, starts: Places, lengths: Places) -> Hashes:
    places = zip((starts * WORD.itemsize).tolist(), (lengths * WORD.itemsize).tolist(), strict=True)
    with path.open("rb") as file:
        found = [os.pread(file.fileno(), length, start) for start, length in places]
    return np.frombuffer(b"".join(found), dtype=WORD).astype(np.uint64, copy=False)
