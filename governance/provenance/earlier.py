"""Rows that earlier cycles trained on, kept with what they have been through, so that a later cycle can train on them again."""

from collections.abc import Sequence

import polars as pl

from governance.provenance.labels.label import relabelled
from governance.provenance.row import ROW_SCHEMA, Origin

EARLIER_SCHEMA = pl.Schema({**ROW_SCHEMA, "cycle": pl.Int32(), "depth": pl.Int32(), "passages": pl.Int64()})
"""`cycle` is the one that a row was trained on first; `depth` and `passages` (thousandths) are 0 for people's text."""
EARLIER_FILE = "earlier.parquet"
"""The frozen copy in a cycle's folder."""
_ONCE = {"depth": 1, "passages": 1_000}


def nothing_earlier() -> pl.DataFrame:
    """What a line has before its first release, or where its policy lets nothing come back."""
    return EARLIER_SCHEMA.to_frame()


def trained_rows(mix: pl.DataFrame, passed: pl.DataFrame, earlier: pl.DataFrame, cycle: int) -> pl.DataFrame:
    """The rows of a mix that it was the first to train on, each once; anchors are pinned and not kept again.

    `mix` is mix.parquet, `passed` descent.parquet, `earlier` what had come back in that cycle.
    """
    own = mix.filter(pl.col("role") != "anchor").unique("row_id", keep="first").join(earlier, on="row_id", how="anti")
    known = own.select(ROW_SCHEMA.names()).join(passed, on="row_id", how="left")
    return _at_least_once(known.with_columns(pl.lit(cycle, dtype=pl.Int32).alias("cycle"))).sort("row_id")


def together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The kept rows of several cycles; of a row that several trained on first, as the last of them had it."""
    every = pl.concat([nothing_earlier(), *parts]).sort("cycle", "row_id")
    return every.unique("row_id", keep="last").sort("cycle", "row_id")


def come_back(earlier: pl.DataFrame, admitted: pl.DataFrame, relabels: pl.DataFrame) -> pl.DataFrame:
    """The earlier rows that this cycle's batch does not bring itself, with people's labels of today in them."""
    rows = earlier.join(admitted, on="row_id", how="anti", maintain_order="left")
    return _at_least_once(relabelled(rows, relabels))


def _at_least_once(rows: pl.DataFrame) -> pl.DataFrame:
    """Synthetic text has been through one model at least; people's text through none."""
    human = pl.col("origin") == Origin.HUMAN.value
    through = [
        pl.when(human).then(0).otherwise(pl.max_horizontal(pl.col(name).fill_null(0), least)).cast(EARLIER_SCHEMA[name]).alias(name)
        for name, least in _ONCE.items()
    ]
    return rows.with_columns(through).select(EARLIER_SCHEMA.names())
