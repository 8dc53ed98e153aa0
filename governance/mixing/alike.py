"""Near-duplicates by the frozen embedding: texts whose words were exchanged here and there, which share no long run of words any more.

Texts come in order of priority, and only a kept text drops another, as in `governance.mixing.near`: so no text is dropped for a likeness
that was passed on along a chain, and any two texts of a cluster are at most twice the angle of the threshold apart. All pairs with kept
texts are looked at, block by block; what a block of products proposes is decided by a product in whole numbers, which is the same on
every machine. The work grows with the square of the rows.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.mixing.floor import Floor
from governance.mixing.rules import MixRules
from governance.mixing.sieve import Sieve
from governance.provenance.hashing import Places
from governance.provenance.trigrams import DIMENSIONS, word_vectors
from governance.provenance.words import AnyWords

RULE = "embedding-duplicate"
BLOCK = 1 << 10
CELL = np.dtype("<i4")
_MARGIN = 1e-3
"""Products of unit vectors in 32 bits are off by less; what is within it is decided exactly."""
_NOBODY = -1
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Whole numbers, a row a text: sums of the signed trigrams of its words, not normed. In memory, or a file mapped into it."""

    cells: NDArray[np.int32]

    def of(self, places: Places) -> NDArray[np.int64]:
        return np.asarray(self.cells[places], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Text `dropped[i]` is like text `kept[i]`, with this cosine. In order of `dropped`."""

    dropped: Places
    kept: Places
    cosine: NDArray[np.float64]


def embedded(rows: pl.DataFrame) -> pl.DataFrame:
    """The column `text` as vectors, row by row, in little-endian bytes."""
    texts = [_WORD.findall(unicodedata.normalize("NFKC", text).lower()) for text in rows["text"].to_list()]
    number = {word: at for at, word in enumerate(dict.fromkeys(word for text in texts for word in text))}
    table = word_vectors(list(number)).astype(CELL) if number else np.zeros((1, DIMENSIONS), dtype=CELL)
    sums = (table[[number[word] for word in text]].sum(axis=0, dtype=CELL) for text in texts)
    return pl.DataFrame({"vector": [vector.tobytes() for vector in sums]}, schema={"vector": pl.Binary()})


def vectors_in_file(parts: Iterable[pl.DataFrame], path: Path) -> Vectors:
    """The vectors that `embedded` gives, batch by batch, in a file."""
    rows = 0
    with path.open("wb") as file:
        for part in parts:
            file.write(b"".join(part["vector"].to_list()))
            rows += part.height
    if not rows:
        return Vectors(cells=np.zeros((0, DIMENSIONS), dtype=CELL))
    return Vectors(cells=np.memmap(path, dtype=CELL, mode="r", shape=(rows, DIMENSIONS)))


def alike(vectors: Vectors, at: Places, cosine_percent: int, block: int = BLOCK) -> Alike:
    """The texts to drop, of texts whose vectors are those at `at`, in order of priority. A text without a vector is like no other."""
    outcome, cosine = np.full(at.size, _NOBODY, dtype=np.int64), np.zeros(at.size)
    for first in range(0, at.size, block):
        here = np.arange(first, min(first + block, at.size))
        own = vectors.of(at[here])
        for before in range(0, first, block):
            there = np.arange(before, before + block)
            there, open_ = there[outcome[there] == _NOBODY], np.flatnonzero(outcome[here] == _NOBODY)
            kept = vectors.of(at[there])
            pairs = np.argwhere(_units(own[open_]) @ _units(kept).T >= cosine_percent / 100 - _MARGIN)
            pairs[:, 0] = open_[pairs[:, 0]]
            _settle(outcome, cosine, pairs, own, kept, here, there, cosine_percent)
        _settle_inside(outcome, cosine, own, here, cosine_percent)
    dropped = np.flatnonzero(outcome != _NOBODY)
    return Alike(dropped=dropped, kept=outcome[dropped], cosine=cosine[dropped])


def without_alike(sieve: Sieve, words: AnyWords, vectors: Vectors, rules: MixRules, floor: Floor) -> Sieve:
    """Texts that are like one that stays leave, but for human rows that the survival floor keeps; texts below a run of words stay."""
    long = np.flatnonzero(words.take(sieve.places).lengths >= rules.shingle_words)
    at = sieve.column("pool_at").to_numpy()[long].astype(np.int64)
    found = alike(vectors, at, rules.embedding_cosine_percent or 100)
    kept = sieve.chosen(long[found.kept], "row_id")["row_id"].to_list()
    details = [f"cosine {cosine:.3f} with {row_id}" for cosine, row_id in zip(found.cosine.tolist(), kept, strict=True)]
    return floor.without(sieve, long[found.dropped], RULE, details)


def _settle_inside(outcome: Places, cosine: NDArray[np.float64], own: NDArray[np.int64], here: Places, percent: int) -> None:
    """The same among the texts of one block, one text after the other."""
    units = _units(own)
    close = np.tril(units @ units.T >= percent / 100 - _MARGIN, k=-1)
    for row in np.flatnonzero(close.any(axis=1)).tolist():
        if outcome[here[row]] == _NOBODY:
            leaders = np.flatnonzero(close[row] & (outcome[here] == _NOBODY))
            pairs = np.column_stack((np.full(leaders.size, row), leaders))
            _settle(outcome, cosine, pairs, own, own, here, here, percent)


def _settle(  # noqa: PLR0917 - two answers, and pairs between two runs of texts
    outcome: Places,
    cosine: NDArray[np.float64],
    pairs: Places,
    own: NDArray[np.int64],
    kept: NDArray[np.int64],
    here: Places,
    there: Places,
    percent: int,
) -> None:
    """Write down the first kept text that each text is like; pairs come sorted by text and then by kept text."""
    found = np.concatenate([np.zeros(0), *(_cosines(own[part[:, 0]], kept[part[:, 1]]) for part in _parts(pairs))])
    enough = np.flatnonzero(found * 100 >= percent)
    rows, first = np.unique(pairs[enough, 0], return_index=True)
    outcome[here[rows]] = there[pairs[enough[first], 1]]
    cosine[here[rows]] = found[enough[first]]


def _parts(pairs: Places) -> Iterable[Places]:
    return (pairs[first : first + 4 * BLOCK] for first in range(0, len(pairs), 4 * BLOCK))


def _cosines(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.float64]:
    """From products in whole numbers, so that only roots and quotients are rounded, and those alike everywhere."""
    lengths = np.sqrt((one * one).sum(axis=1).astype(np.float64)) * np.sqrt((other * other).sum(axis=1).astype(np.float64))
    found: NDArray[np.float64] = (one * other).sum(axis=1).astype(np.float64) / np.maximum(lengths, 1.0)
    return found


def _units(cells: NDArray[np.int64]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(cells.astype(np.float64), axis=1, keepdims=True)
    found: NDArray[np.float32] = (cells / np.maximum(lengths, 1.0)).astype(np.float32)
    return found
