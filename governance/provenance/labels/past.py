"""The memory of earlier batches as people's labels correct it: what a batch is held against."""

import polars as pl

from governance.provenance.labels.label import KEY
from governance.provenance.memory import MEMORY_SCHEMA
from governance.provenance.past_rules import text_hash
from governance.provenance.row import SYNTHETIC_ORIGINS

KNOWN_SCHEMA = pl.Schema({**MEMORY_SCHEMA, "label": pl.Int64()})
"""The memory's columns, and the seq of the label that corrected the line."""
_ONCE = 1_000
"""Passages of a text that one model wrote."""


def corrected(known: pl.DataFrame, relabels: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """The known lines with people's labels in them, and a line for each labelled row of the batch that was never admitted.

    So a row is held against the last word on it, and the rows made from it against what it really is. A text that a label finds to be a
    model's has been through one model at least; one that is found to be human stays as deep as it was taken for.
    """
    words = relabels.unique(KEY, keep="any").select(
        *KEY,
        "origin_now",
        pl.col("generator").alias("by_model"),
        pl.col("generator_version").alias("of_version"),
        pl.col("seq").alias("label"),
    )
    joined = known.join(words, on=KEY, how="left", maintain_order="left")
    return pl.concat([_worded(joined), _never_admitted(known, words, register)])


def _worded(lines: pl.DataFrame) -> pl.DataFrame:
    labelled = pl.col("label").is_not_null()
    made = labelled & pl.col("origin_now").is_in(SYNTHETIC_ORIGINS)
    pairs = (("origin", "origin_now"), ("generator", "by_model"), ("generator_version", "of_version"))
    return lines.with_columns(
        *(pl.when(labelled).then(label).otherwise(name).alias(name) for name, label in pairs),
        *(
            pl.when(made).then(pl.max_horizontal(name, pl.lit(least))).otherwise(name).cast(MEMORY_SCHEMA[name]).alias(name)
            for name, least in (("depth", 1), ("passages", _ONCE))
        ),
    ).select(KNOWN_SCHEMA.names())


def _never_admitted(known: pl.DataFrame, words: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Labels of rows that stand in the batch with that very text and in no memory: the row was refused, and a person settled it."""
    unheard = words.join(known, on="row_id", how="anti").with_columns(text_hash=text_hash())
    fresh = unheard.join(register, on=["row_id", "text_hash"], how="semi")
    empty = fresh.with_columns(
        pl.lit("").alias("origin"),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("generator", "generator_version")),
        *(pl.lit(0, dtype=MEMORY_SCHEMA[name]).alias(name) for name in ("depth", "passages", "cycle")),
    )
    return _worded(empty)
