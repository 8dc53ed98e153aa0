"""The two inner loops that text costs most in, as functions from arrays to arrays: so that they can be compiled, with the same results.

A kernel is exact: two implementations give the same bits, and a test holds them together. Nothing here knows of rows, rules or files.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from governance.provenance.hashing import Hashes, Places, mixed, segment_hashes

Narrow = NDArray[np.uint32]
Flags = NDArray[np.uint8]

PlainWords = Callable[[bytes, Places, Flags, Hashes], tuple[Hashes, Places]]
"""(ASCII texts, each followed by a line feed; the end of each; 1 for every byte inside a word; a value for every byte) ->
(a hash for every word, the number of words of each text)."""
BandKeys = Callable[[Narrow, Places, Hashes, int], Hashes]
"""(32-bit hashes of word runs; where each text's runs begin, the last one's going to the end; a constant per hash function; rows of a band)
-> the keys of each text, a column per band: the least value of each function, folded band by band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernels:
    """One implementation of both."""

    plain_words: PlainWords
    band_keys: BandKeys


def plain_words(joined: bytes, ends: Places, inside: Flags, values: Hashes) -> tuple[Hashes, Places]:
    kinds = np.frombuffer((b"\n" + joined).translate(inside.tobytes()), dtype=np.uint8)
    edges = np.flatnonzero(kinds[1:] != kinds[:-1])
    starts, stops = edges[0::2], edges[1::2]
    symbols = values.take(np.frombuffer(joined, dtype=np.uint8))
    return segment_hashes(symbols, starts, stops), np.diff(np.searchsorted(starts, ends), prepend=0)


def band_keys(narrow: Narrow, starts: Places, constants: Hashes, rows: int) -> Hashes:
    buffer = np.empty_like(narrow)
    keys = np.zeros((starts.size, constants.size // rows), dtype=np.uint64)
    for function, constant in enumerate(constants):
        np.bitwise_xor(narrow, np.uint32(constant >> np.uint64(32)), out=buffer)
        np.multiply(buffer, np.uint32(constant & np.uint64(0xFFFFFFFF)) | np.uint32(1), out=buffer)
        band = function // rows
        keys[:, band] = mixed(keys[:, band] + np.minimum.reduceat(buffer, starts))
    return keys


NUMPY = Kernels(plain_words=plain_words, band_keys=band_keys)
