"""A random order in which every prefix holds every slice by its share of tokens."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.provenance.hashing import Hashes, Places, mixed, seeded_keys, uniform

Slices = NDArray[np.integer[Any]]
"""Slices as numbers from 0."""


def stratified_order(tokens: Places, slices: Slices, keys: Hashes) -> Places:
    """A permutation of rows, given their tokens, slice codes and seeded keys.

    Each slice is shuffled by key and laid along [0, 1) with a length per row in proportion to its tokens; each row then stands at a
    random point of its own length. So any prefix takes the same share of every slice, to about one row, and a slice of one row has its
    fair chance.
    """
    by_slice = _order(_packed(slices, keys), (keys, slices))
    keys = keys[by_slice]
    points = np.empty(by_slice.size, dtype=np.float64)
    for first, last in _runs(slices):
        ordered = tokens[by_slice[first:last]]
        ends = np.cumsum(ordered)
        here = (ends - ordered).astype(np.float64)
        here += uniform(mixed(keys[first:last])) * ordered
        here /= max(int(ends[-1]), 1)
        points[first:last] = here
    return by_slice[_order(points, (keys, points))]


def _packed(slices: Slices, keys: Hashes) -> Hashes:
    """Slice and key as one number, without the last bits of the key."""
    bits = int(slices.max(initial=0)).bit_length()
    return slices.astype(np.uint64) << np.uint64(64 - bits) | keys >> np.uint64(bits) if bits else keys


def _order(numbers: NDArray[Any], by: tuple[NDArray[Any], NDArray[Any]]) -> Places:
    """`np.lexsort(by)`, given numbers that say it alone wherever no two of them are equal, which sorts several times faster."""
    order: Places = np.argsort(numbers)
    ordered = numbers[order]
    return np.lexsort(by) if (ordered[1:] == ordered[:-1]).any() else order


def _runs(slices: Slices) -> Iterator[tuple[int, int]]:
    """Where the rows of each slice begin and end, in an order by slice."""
    sizes = np.bincount(slices) if slices.size else np.zeros(0, dtype=np.int64)
    ends = np.cumsum(sizes[sizes > 0]).tolist()
    yield from zip([0, *ends], ends, strict=False)


def fitting(tokens: Places, limit: int) -> Places:
    """Places, ascending, of rows taken in order while they fit into `limit` tokens; a row that does not fit is passed over."""
    rest = np.arange(tokens.size)
    chosen = [rest[:0]]
    room = limit
    while rest.size:
        sums = np.cumsum(tokens[rest])
        count = int(np.searchsorted(sums, room, side="right"))
        chosen.append(rest[:count])
        room -= int(sums[count - 1]) if count else 0
        rest = rest[count:][tokens[rest[count:]] <= room]
    return np.concatenate(chosen)


def in_order(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Rows in their stratified order, which depends on row ids and seed and not on the order that they come in."""
    return rows[order_of(rows, seed)]


def order_of(rows: pl.DataFrame, seed: int) -> Places:
    """The stratified order of rows, of which `row_id`, `slice` and `tokens` are asked."""
    slices = rows["slice"].fill_null("none").rank("dense").to_numpy().astype(np.int64)
    return stratified_order(rows["tokens"].to_numpy().astype(np.int64), slices, seeded_keys(rows["row_id"], seed))
