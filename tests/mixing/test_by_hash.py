"""Hashes that are looked at a range at a time are all of them, equal ones together."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.mixing.by_hash import by_hash


@given(st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63, 2**64 - 1])), st.integers(1, 5), st.integers(1, 9))
@settings(deadline=None, max_examples=80)
def test_ranges_of_hashes_are_all_of_them_and_equal_ones_are_in_one(values: list[int], piece: int, most: int) -> None:
    hashes, owners = np.array(values, dtype=np.uint64), np.arange(len(values))
    pieces = [(owners[first : first + piece], hashes[first : first + piece]) for first in range(0, len(values), piece)]
    found = list(by_hash(lambda: pieces, len(values), most))
    assert [(at, value) for of, some in found for at, value in zip(of.tolist(), some.tolist(), strict=True) if value != values[at]] == []
    assert sorted(at for of, _ in found for at in of.tolist()) == owners.tolist()
    runs = [set(some.tolist()) for _, some in found if some.size]
    assert all(max(one) < min(other) for one, other in itertools.pairwise(runs))
