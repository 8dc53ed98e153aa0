"""Model text that every cycle puts before a person: so many rows of its mix, drawn by their ids, and who has read them.

A label is what shows that a row was read: the same origin confirms it. Whoever asked for the cycle or had the rows written does not count.
"""

from collections.abc import Iterable

import polars as pl

from governance.provenance.hashing import seeded_keys
from governance.provenance.labels.label import KEY, Said
from governance.provenance.labels.queue import QUEUE_SCHEMA

SYNTHETIC = "synthetic"
"""The role of model text in mix.parquet."""
WHY_DRAWN = "model text drawn for a person to read"


def drawn(mix: pl.DataFrame, rows: int, seed: int) -> pl.DataFrame:
    """At most `rows` synthetic rows of a mix (`QUEUE_SCHEMA`), first in a random order of ids that the seed gives, however they lie."""
    found = mix.filter(pl.col("role") == SYNTHETIC).unique(KEY, maintain_order=True)
    chosen = found.with_columns(pl.Series("_key", seeded_keys(found["row_id"], seed))).sort("_key", *KEY).head(rows)
    return chosen.select(
        *KEY,
        pl.lit(None, dtype=pl.String).alias("source_file"),
        pl.lit(None, dtype=pl.Int64).alias("line"),
        "slice",
        pl.lit(WHY_DRAWN).alias("why"),
        pl.lit("").alias("reasons"),
        *("origin", "generator", "generator_version"),
        pl.lit(0, dtype=pl.Int64).alias("label"),
        "text",
    ).cast(QUEUE_SCHEMA)


def unread(sample: pl.DataFrame, said: Iterable[Said]) -> pl.DataFrame:
    """The rows of a sample that none of these labels speaks of."""
    for one in said:
        sample = sample.join(one.labels.select(KEY), on=KEY, how="anti", maintain_order="left")
    return sample
