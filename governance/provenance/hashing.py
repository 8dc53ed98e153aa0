"""Vectorised 64-bit hashes that are the same on every machine and in every release of numpy, polars and Python."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

import numpy as np
import polars as pl
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
BASE = 0x2545F4914F6CDD1D
"""Of the polynomial that words are hashed by: odd, so that it has an inverse modulo 2**64."""
_NAMES_AT_A_TIME = 1 << 16
_INVERSE = pow(BASE, -1, 1 << 64)


def mixed(values: Hashes) -> Hashes:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014): one to one, every input bit moves every output bit."""
    out: Hashes = values + _GOLDEN
    out ^= out >> np.uint64(30)
    out *= np.uint64(0xBF58476D1CE4E5B9)
    out ^= out >> np.uint64(27)
    out *= np.uint64(0x94D049BB133111EB)
    out ^= out >> np.uint64(31)
    return out


def segment_hashes(symbols: Hashes, starts: Places, ends: Places) -> Hashes:
    """A hash of symbols[start:end] for every segment, from prefix sums of a polynomial modulo 2**64.

    A segment's hash depends on its symbols alone and not on where it stands. Empty segments hash alike.
    """
    powers, inverses = _powers(1 << max(16, int(symbols.size).bit_length()))
    sums = np.zeros(symbols.size + 1, dtype=np.uint64)
    np.cumsum(symbols * powers[: symbols.size], out=sums[1:])
    return mixed((sums[ends] - sums[starts]) * inverses[starts] + (ends - starts).astype(np.uint64))


def seeded_keys(names: Iterable[str] | pl.Series, seed: int) -> Hashes:
    """A key in 64 bits for every name: a random order of the names that depends on each name and the seed, and on no other name."""
    parts = [np.zeros(0, dtype=np.uint64), *map(_segment_keys, _column_bytes(names) if isinstance(names, pl.Series) else _bytes(names))]
    return mixed(np.concatenate(parts) ^ mixed(np.array([seed % (1 << 64)], dtype=np.uint64)))


def uniform(keys: Hashes) -> NDArray[np.float64]:
    """The upper 53 bits of keys as numbers in [0, 1)."""
    return (keys >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def ranges(starts: Places, lengths: Places) -> Places:
    """start, start + 1, ... of every run, one run after the other."""
    offsets = np.cumsum(lengths) - lengths
    places: Places = np.repeat(starts - offsets, lengths)
    places += np.arange(places.size, dtype=np.int64)
    return places


def _bytes(names: Iterable[str]) -> Iterator[tuple[bytes, Places]]:
    """(UTF-8 of some names, one after the other, how many bytes each has)."""
    rest = iter(names)
    while some := list(islice(rest, _NAMES_AT_A_TIME)):
        coded = [name.encode() for name in some]
        yield b"".join(coded), np.fromiter(map(len, coded), dtype=np.int64, count=len(coded))


def _column_bytes(names: pl.Series) -> Iterator[tuple[bytes, Places]]:
    """The same of a column, without a word of Python for each name."""
    for first in range(0, names.len(), _NAMES_AT_A_TIME):
        some = names.slice(first, _NAMES_AT_A_TIME)
        yield some.str.join("").item().encode(), some.str.len_bytes().to_numpy().astype(np.int64)


def _segment_keys(coded: tuple[bytes, Places]) -> Hashes:
    joined, lengths = coded
    ends = np.cumsum(lengths)
    symbols = _byte_values().take(np.frombuffer(joined, dtype=np.uint8))
    return segment_hashes(symbols, ends - lengths, ends)


@lru_cache(maxsize=1)
def _byte_values() -> Hashes:
    return mixed(np.arange(256, dtype=np.uint64))


@lru_cache(maxsize=2)
def _powers(size: int) -> tuple[Hashes, Hashes]:
    return _progression(BASE, size), _progression(_INVERSE, size)


def _progression(base: int, size: int) -> Hashes:
    factors = np.full(size, base, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors)
