"""What earlier batches brought in: a line for every admitted row, without its text, so that a parent from an earlier batch is known."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.provenance.last_batch import LastBatch
from governance.provenance.passed import KnownModel

MEMORY_SCHEMA = pl.Schema(
    {
        "row_id": pl.String,
        "sha256": pl.String,
        "origin": pl.String,
        "generator": pl.String,
        "generator_version": pl.String,
        "depth": pl.Int32,
        "passages": pl.Int64,
        "cycle": pl.Int32,
    }
)
"""A row is under one id once; `cycle` is the last one that it was admitted in."""
KNOWN_FILE = "known.parquet"
"""The frozen copy in a cycle's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a batch is held against: rows of earlier batches (a file of the schema above), and models whose past is known."""

    known: Path | None = None
    models: tuple[KnownModel, ...] = ()
    relabels: Path | None = None
    """People's labels in force (a file of `governance.provenance.labels.label.RELABELS_SCHEMA`)."""
    last: LastBatch | None = None
    """The batch of the cycle before."""


NO_PAST = Past()


def nothing_known() -> pl.DataFrame:
    """The memory of a workspace that has seen no batch."""
    return MEMORY_SCHEMA.to_frame()


def known_of(past: Past, register: pl.DataFrame) -> pl.DataFrame:
    """The lines of the memory that a batch speaks of: its own ids and those of its parents."""
    if past.known is None:
        return nothing_known()
    parents = register.select(row_id=pl.col("parent_ids").explode(empty_as_null=False, keep_nulls=False))
    ids = pl.concat([register.select("row_id"), parents]).unique()
    return pl.scan_parquet(past.known).join(ids.lazy(), on="row_id", how="semi").select(MEMORY_SCHEMA.names()).collect()


def remembered(memory: pl.DataFrame, admitted: pl.DataFrame, passed: pl.DataFrame, *, cycle: int, limit: int) -> pl.DataFrame:
    """The memory after a cycle: every admitted row once, at most `limit` lines, what was seen longest ago forgotten first.

    `admitted` has the row schema, `passed` is descent.parquet. A row that was known keeps the deepest that was ever known of it.
    """
    joined = admitted.join(passed, on="row_id", how="left")
    fresh = joined.select(
        "row_id",
        "sha256",
        "origin",
        "generator",
        "generator_version",
        *(pl.col(name).fill_null(0).cast(MEMORY_SCHEMA[name]) for name in ("depth", "passages")),
        pl.lit(cycle, dtype=pl.Int32).alias("cycle"),
    )
    again = memory.join(fresh, on="row_id", how="semi").select("row_id", "depth", "passages")
    deepest = fresh.join(again, on="row_id", how="left", suffix="_then").with_columns(
        pl.max_horizontal(name, f"{name}_then").alias(name) for name in ("depth", "passages")
    )
    others = memory.join(fresh, on="row_id", how="anti")
    together = pl.concat([others, deepest.select(MEMORY_SCHEMA.names())])
    return together.sort("cycle", "row_id", descending=[True, False]).head(limit).sort("row_id")
