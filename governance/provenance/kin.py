"""Everything that comes from some rows, at whatever distance; and which rows belong together at all."""

import numpy as np
import polars as pl

from governance.provenance.hashing import Places, seeded_keys

_SEED = 13

_ROUNDS = 32
"""Joins before the walk goes on row by row: an honest batch has short chains, and a chain of a million is still walked in one go."""


def descendants(edges: pl.DataFrame, ancestors: pl.Series) -> pl.Series:
    """The children of `edges` (columns `child`, `parent`) that come from one of the ancestors, each once."""
    left, reached = edges.select("child", "parent"), ancestors.unique()
    found = [ancestors.clear()]
    for _ in range(_ROUNDS):
        reached = left.filter(pl.col("parent").is_in(reached.implode()))["child"].unique()
        if reached.is_empty():
            return pl.concat(found).unique()
        found.append(reached)
        left = left.filter(~pl.col("child").is_in(reached.implode()))
    return pl.concat([*found, _walked(left, reached)]).unique()


def _walked(edges: pl.DataFrame, reached: pl.Series) -> pl.Series:
    children = edges.group_by("parent").agg("child")
    below = dict(zip(children["parent"].to_list(), children["child"].to_list(), strict=True))
    seen: set[str] = set()
    waiting: list[str] = reached.to_list()
    while waiting:
        for child in below.get(waiting.pop(), ()):
            if child not in seen:
                seen.add(child)
                waiting.append(child)
    return pl.Series(sorted(seen), dtype=pl.String)


def families(edges: pl.DataFrame) -> pl.DataFrame:
    """`row_id` and `family` of every id of `edges` (columns `child`, `parent`): ids that are joined by any path share a family.

    A family is named by the key of its first id in order, so that it depends on neither the order nor the number of the lines.
    """
    ids = pl.concat([edges["child"], edges["parent"]]).unique().sort()
    coded = [edges.select(row_id=end).join(_numbered(ids), on="row_id", maintain_order="left")["place"].to_numpy() for end in edges.columns]
    first = _components(len(ids), coded[0], coded[1])
    return pl.DataFrame({"row_id": ids, "family": seeded_keys(ids.to_list(), _SEED)[first]})


def _numbered(ids: pl.Series) -> pl.DataFrame:
    return ids.to_frame("row_id").with_columns(pl.int_range(pl.len()).alias("place"))


def _components(nodes: int, ends: Places, others: Places) -> Places:
    """The lowest number that each node is joined to: the higher of two roots is hung below the lower one until no edge has two roots."""
    root: Places = np.arange(nodes, dtype=np.int64)
    while (apart := root[ends] != root[others]).any():
        here, there = root[ends[apart]], root[others[apart]]
        np.minimum.at(root, np.maximum(here, there), np.minimum(here, there))
        while (root != root[root]).any():
            root = root[root]
    return root
