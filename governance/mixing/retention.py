"""Tail retention: for every rule that took rows, what it was handed and what it left, slice by slice, in rows and in rare words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from governance.mixing.columns import Columns
from governance.mixing.tail import TailWords
from governance.provenance.row import Origin

HUMAN, SYNTHETIC = ROLES = ("human", "synthetic")
COUNTS = ("rows_in", "rows_out", "tail_words_in", "tail_words_out")


def retention(table: Columns, tail: TailWords, gone: Sequence[pl.DataFrame], rare_slices: Sequence[str]) -> list[dict[str, Any]]:
    """An entry per rule, in the order in which the rules took rows.

    `table` holds all rows in the order that `tail` counts their places in, `gone` what each rule took. A rare word is lost to a slice by
    the rule that takes the last row of the slice with that word; of the whole batch likewise. Slices that a rule took nothing from are
    not listed. `rare_slices`: human rows of rare slices together.
    """
    rules = list(dict.fromkeys(rule for frame in gone for rule in frame["rule"].unique(maintain_order=True)))
    if not rules:
        return []
    ranked = _ranked(table, gone, rules)
    used = pl.DataFrame({"place": tail.rows, "word": tail.words}).join(ranked, on="place", how="left")
    lost = used.group_by("slice", "role", "word").agg(pl.col("rank").max())
    kept_rows, kept_words = _by_rank(ranked, "slice", "role"), _by_rank(lost, "slice", "role")
    all_rows = _by_rank(ranked, "role")
    all_words = _by_rank(lost.group_by("role", "word").agg(pl.col("rank").max()), "role")
    rare = _by_rank(ranked.filter(pl.col("slice").is_in(list(rare_slices)) & (pl.col("role") == HUMAN)))
    return [
        {
            "rule": rule,
            **{role: _through(all_rows.get((role,), {}), all_words.get((role,), {}), rank) for role in ROLES},
            "rare_slices": {name: count for name, count in _through(rare.get((), {}), {}, rank).items() if name in COUNTS[:2]},
            "slices": _slices(kept_rows, kept_words, rank),
        }
        for rank, rule in enumerate(rules)
    ]


def rare_slices(rows: pl.DataFrame, anchors: pl.DataFrame, most_percent: int) -> tuple[str, ...]:
    """Slices that hold at most so many percent of the human rows of the batch and the anchors together."""
    human = pl.concat([rows.filter(pl.col("origin") == Origin.HUMAN.value)["slice"], anchors["slice"]]).fill_null("none")
    counts = human.value_counts(name="rows")
    return tuple(sorted(counts.filter(pl.col("rows") * 100 <= most_percent * human.len())["slice"].to_list()))


def _ranked(table: Columns, gone: Sequence[pl.DataFrame], rules: Sequence[str]) -> pl.DataFrame:
    """(place, slice, role, rank): the number of the rule that took the row, or how many rules there are where none did."""
    rank = np.full(table.height, len(rules), dtype=np.int64)
    for frame in gone:
        rank[frame["place"].to_numpy()] = frame["rule"].replace_strict(rules, range(len(rules)), return_dtype=pl.Int64).to_numpy()
    role = pl.when(pl.col("origin") == Origin.HUMAN.value).then(pl.lit(HUMAN)).otherwise(pl.lit(SYNTHETIC))
    found = table.read(("slice", "origin")).select(pl.col("slice").fill_null("none"), role.alias("role"))
    return found.select(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"), "slice", "role", pl.Series("rank", rank))


def _by_rank(frame: pl.DataFrame, *keys: str) -> dict[tuple[str, ...], dict[int, int]]:
    """Key -> rank -> how many."""
    found: dict[tuple[str, ...], dict[int, int]] = {}
    for *key, rank, count in frame.group_by(*keys, "rank").len().iter_rows():
        found.setdefault(tuple(key), {})[rank] = count
    return found


def _through(rows: Mapping[int, int], words: Mapping[int, int], rank: int) -> dict[str, int]:
    """What was still there when a rule began and what was there when it was done."""
    counts = [sum(n for at, n in counted.items() if at >= least) for counted in (rows, words) for least in (rank, rank + 1)]
    return dict(zip(COUNTS, counts, strict=True))


def _slices(
    rows: Mapping[tuple[str, ...], Mapping[int, int]], words: Mapping[tuple[str, ...], Mapping[int, int]], rank: int
) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {}
    for (name, role), ranks in sorted(rows.items()):
        if rank in ranks:
            found.setdefault(name, {})[role] = _through(ranks, words.get((name, role), {}), rank)
    return found
