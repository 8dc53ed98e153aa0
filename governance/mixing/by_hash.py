"""Hashes that are looked at together where they are alike, a range of them at a time: memory is bounded however many there are."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from governance.provenance.hashing import Hashes

Owners = NDArray[np.integer[Any]]
Hashed = Callable[[], Iterable[tuple[Owners, Hashes]]]
"""(what each hash belongs to, the hashes), some after the others; they can be gone through again."""


def by_hash(hashed: Hashed, count: int, most: int) -> Iterator[tuple[Owners, Hashes]]:
    """Of so many hashes about `most` at a time, in the order in which they come: equal ones together, and smaller ones first."""
    bits = max(0, (count - 1) // most).bit_length()
    for run in range(1 << bits):
        owners: list[Owners] = [np.zeros(0, dtype=np.int32)]
        hashes = [np.zeros(0, dtype=np.uint64)]
        for of, some in hashed():
            here = some >> np.uint64(64 - bits) == np.uint64(run) if bits else np.ones(some.size, dtype=np.bool_)
            owners.append(of[here])
            hashes.append(some[here])
        yield np.concatenate(owners), np.concatenate(hashes)
