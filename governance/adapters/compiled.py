"""The kernels of mixing compiled by numba: the same bits several times faster. An extra (`fast`): without numba, numpy does the work."""

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from governance.provenance.hashing import BASE, Hashes, Places
from governance.provenance.kernels import NUMPY, Flags, Kernels, Narrow

PAYS_FROM_TEXTS = 100_000
"""Loading numba and its loops takes about a CPU second; at 150 words a text it is won back at some 75,000 texts (docs/scale.md)."""


def fastest(texts: int) -> Kernels:
    """The compiled kernels where numba is installed and so many texts pay for loading it, else numpy's; results are the same to the bit."""
    return COMPILED if texts >= PAYS_FROM_TEXTS and find_spec("numba") else NUMPY


def _plain_words(joined: bytes, ends: Places, inside: Flags, values: Hashes) -> tuple[Hashes, Places]:
    codes = np.frombuffer(joined, dtype=np.uint8)
    hashes = np.empty(codes.size // 2 + 1, dtype=np.uint64)  # a word and what ends it are two bytes at least
    counts = np.empty(ends.size, dtype=np.int64)
    found = _loops()[0](codes, ends, inside, values, np.uint64(BASE), hashes, counts)
    return hashes[:found].copy(), counts


def _band_keys(narrow: Narrow, starts: Places, constants: Hashes, rows: int) -> Hashes:
    keys = np.zeros((starts.size, constants.size // rows), dtype=np.uint64)
    flips = (constants >> np.uint64(32)).astype(np.uint32)
    factors = (constants & np.uint64(0xFFFFFFFF)).astype(np.uint32) | np.uint32(1)
    _loops()[1](narrow, starts, flips, factors, rows, keys)
    return keys


COMPILED = Kernels(plain_words=_plain_words, band_keys=_band_keys)


@cache
def _loops() -> tuple[Any, Any]:
    """Both loops, compiled on their first call and kept on disk beside this file or in the user's cache.

    They are functions of the module: numba keeps no loop that closes over another compiled one, but compiles it anew in every process.
    """
    from numba.extending import register_jitable

    register_jitable(inline="always")(_mixed)
    return _compiled(_words), _compiled(_bands)


def _compiled(loop: Any) -> Any:
    from numba import njit

    try:
        return njit(cache=True)(loop)
    except RuntimeError:  # no folder to keep machine code in can be written: each process compiles for itself
        return njit(loop)


def _mixed(value: Any) -> Any:
    """`governance.provenance.hashing.mixed` of one number."""
    out = np.uint64(value) + np.uint64(0x9E3779B97F4A7C15)
    out = (out ^ (out >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    out = (out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return out ^ (out >> np.uint64(31))


def _words(codes: Any, ends: Any, inside: Any, values: Any, base: Any, hashes: Any, counts: Any) -> int:  # noqa: PLR0917 - numba
    found, at = 0, 0
    for text in range(ends.size):
        before = found
        while at < ends[text]:
            total, power, start = np.uint64(0), np.uint64(1), at
            while inside[codes[at]]:
                total += values[codes[at]] * power
                power *= base
                at += 1
            if at > start:
                hashes[found] = _mixed(total + np.uint64(at - start))
                found += 1
            at += 1
        counts[text] = found - before
    return found


def _bands(narrow: Any, starts: Any, flips: Any, factors: Any, rows: int, keys: Any) -> None:  # noqa: PLR0917 - numba
    least = np.empty(flips.size, dtype=np.uint32)
    for text in range(starts.size):
        end = starts[text + 1] if text + 1 < starts.size else narrow.size
        least[:] = np.uint32(0xFFFFFFFF)
        for place in range(starts[text], end):
            run = narrow[place]
            for function in range(flips.size):  # innermost, so that it becomes vector instructions
                least[function] = min(least[function], np.uint32(np.uint32(run ^ flips[function]) * factors[function]))
        for function in range(flips.size):
            band = function // rows
            keys[text, band] = _mixed(keys[text, band] + np.uint64(least[function]))
