"""Everything that comes from some rows, at whatever distance."""

import polars as pl

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
