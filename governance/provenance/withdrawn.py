"""Rows that somebody asked out: ids and digests of their texts, which no later mix takes."""

import polars as pl

WITHDRAWN_SCHEMA = pl.Schema({"row_id": pl.String(), "sha256": pl.String(), "seq": pl.Int64()})
"""withdrawn.parquet: a line for each text that a withdrawn row is known to have had; `seq` is the ledger event that withdrew it."""
RECORDED_SCHEMA = pl.Schema({**WITHDRAWN_SCHEMA, "trained": pl.List(pl.Int64)})
"""The same with the versions that are known to have been trained on the row: its kept copy, which told, is gone."""
WITHDRAWN_FILE = "withdrawn.parquet"
"""The frozen copy in a cycle's folder."""


def nothing_withdrawn() -> pl.DataFrame:
    return WITHDRAWN_SCHEMA.to_frame()


def without(rows: pl.DataFrame, withdrawn: pl.DataFrame) -> pl.DataFrame:
    """The rows (`row_id`, `sha256`) but those that were withdrawn, under their id or as the same text under another one; in their order."""
    if withdrawn.is_empty():
        return rows
    return rows.filter(~is_withdrawn(rows, withdrawn))


def is_withdrawn(rows: pl.DataFrame, withdrawn: pl.DataFrame) -> pl.Series:
    """A mask of the rows that were withdrawn, under their id or as the same text under another one."""
    return rows["row_id"].is_in(withdrawn["row_id"].implode()) | rows["sha256"].is_in(withdrawn["sha256"].implode())
