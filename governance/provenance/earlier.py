"""Rows that earlier cycles trained on, kept with what they have been through, so that a later cycle can train on them again."""

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


def first_trained(mix: pl.DataFrame, earlier: pl.DataFrame) -> pl.Series:
    """A mask of the rows of a mix (`row_id`, `role`, in training order) that it was the first to train on, each once.

    Anchors are pinned and not kept again. `earlier` names what had come back in that cycle.
    """
    seen = pl.col("row_id").is_in(earlier["row_id"].implode())
    own = mix.select("row_id", own=(pl.col("role") != "anchor") & ~seen)
    return own.select(pl.col("own") & pl.struct("row_id", "own").is_first_distinct()).to_series()


def trained_rows(mix: pl.DataFrame, passed: pl.DataFrame, cycle: int) -> pl.DataFrame:
    """Rows of mix.parquet with what each has been through (`passed` is descent.parquet), in their order, as they are kept."""
    known = mix.select(ROW_SCHEMA.names()).join(passed, on="row_id", how="left", maintain_order="left")
    return _at_least_once(known.with_columns(pl.lit(cycle, dtype=pl.Int32).alias("cycle")))


def comes_back(earlier: pl.DataFrame, admitted: pl.DataFrame) -> pl.Series:
    """A mask of the earlier rows that this cycle's batch does not bring itself."""
    return ~earlier["row_id"].is_in(admitted["row_id"].implode())


def as_labelled(earlier: pl.DataFrame, relabels: pl.DataFrame) -> pl.DataFrame:
    """Earlier rows, all of them and in their order, with people's labels of today in them."""
    return _at_least_once(relabelled(earlier, relabels))


def _at_least_once(rows: pl.DataFrame) -> pl.DataFrame:
    """Synthetic text has been through one model at least; people's text through none."""
    human = pl.col("origin") == Origin.HUMAN.value
    through = [
        pl.when(human).then(0).otherwise(pl.max_horizontal(pl.col(name).fill_null(0), least)).cast(EARLIER_SCHEMA[name]).alias(name)
        for name, least in _ONCE.items()
    ]
    return rows.with_columns(through).select(EARLIER_SCHEMA.names())
