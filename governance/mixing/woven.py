"""The rows behind the lines of a plan: what they say, read where they lie, some after the others."""

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from governance.mixing.columns import Columns
from governance.mixing.document import ANCHOR
from governance.provenance.hashing import Places
from governance.provenance.row import ROW_SCHEMA

MIXED_SCHEMA = pl.Schema({**ROW_SCHEMA, "role": pl.String(), "tokens": pl.Int64(), "shard": pl.Int32(), "counted": pl.Int64()})
"""mix.parquet."""
_NAMED, _AUTHORED = ("row_id", "sha256"), ("row_id", "origin", "generator", "generator_version")


def fresh_lines(selected: pl.DataFrame) -> Places:
    """Where the lines stand that are no anchors."""
    return np.flatnonzero((selected["role"] != ANCHOR).to_numpy())


def fresh_rows(selected: pl.DataFrame, table: Columns) -> Iterator[pl.DataFrame]:
    """The rows of a mix that are no anchors, with their ids and authors, some after the others in the order of the table."""
    own = fresh_lines(selected)
    own = own[np.argsort(selected["place"].to_numpy()[own])]
    for first in range(0, own.size, table.piece_rows):
        rows = selected[own[first : first + table.piece_rows]].select(pl.col("role").cast(pl.String), "tokens", "counted", "place")
        yield table.read(_AUTHORED, rows["place"].to_numpy()).hstack(rows)


def woven(selected: pl.DataFrame, fresh: Iterable[pl.DataFrame], anchors: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """(lines of `selected`, their rows), some after the others: `fresh` has the rows that are no anchors, in their order."""
    own, first, taken = fresh_lines(selected), 0, 0
    anchor, count = pl.col("role") == ANCHOR, pl.int_range(pl.len(), dtype=pl.Int64)
    for rows in fresh:
        taken += rows.height
        last = int(own[taken]) if taken < own.size else selected.height
        lines, first = selected[first:last], last
        at = lines.select(pl.when(anchor).then(pl.col("place") + rows.height).otherwise(count.over(anchor))).to_series()
        yield lines, pl.concat([rows, anchors.select(rows.columns)])[at]


def completed(lines: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of mix.parquet, of lines of a plan and their rows."""
    return rows.select(ROW_SCHEMA.names()).hstack(lines.select(pl.col("role").cast(pl.String), "tokens", "shard", "counted"))


def named_rows(selected: pl.DataFrame, table: Columns, anchors: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """What the root of a mix is made of, in training order."""
    at = selected["place"].to_numpy()[fresh_lines(selected)]
    for lines, rows in woven(selected, table.gathered(_NAMED, at), anchors):
        yield rows.hstack(lines.select(pl.col("role").cast(pl.String), "shard"))
