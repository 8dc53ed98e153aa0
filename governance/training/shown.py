"""What each batch showed of each row, recomputed from the rows and the numbers of blocks alone.

It shares no code with `governance.training.blocks.pack`, which trains: rows of one role in one shard stand behind each other, an end
token before each, and block k of them is the k-th run of `block_tokens` tokens; a human or anchor stream begins again where its last
block is not full, and what is left of a synthetic one is no block. Blocks are numbered by shard, then by role.
"""

import numpy as np
import polars as pl

from governance.provenance.hashing import Places
from governance.training.blocks import ROLES, SYNTHETIC

SHOWN_SCHEMA = pl.Schema(
    {"batch": pl.Int64, "block": pl.Int64, "place": pl.Int64, "shard": pl.Int32, "tokens": pl.Int64, "text_tokens": pl.Int64}
)
"""A line per batch, block and row: `place` is the row's in mix.parquet, `tokens` are what the block holds of it, `text_tokens` without
its end token. `batch` is the batch's place in the log."""


def shown_rows(log: pl.DataFrame, rows: pl.DataFrame, block_tokens: int) -> pl.DataFrame:
    """What the batches of a log showed of rows (`role`, `shard`, `tokens`); a block that no row fills has a line without a place."""
    held = _held(rows, block_tokens)
    used = log.select(pl.int_range(pl.len(), dtype=pl.Int64).alias("batch"), pl.col("blocks").cast(pl.List(pl.Int64)).alias("block"))
    exploded = used.explode("block", empty_as_null=False, keep_nulls=False)
    return exploded.join(held, on="block", how="left", maintain_order="left").select(SHOWN_SCHEMA.names()).cast(SHOWN_SCHEMA)


def _held(rows: pl.DataFrame, block_tokens: int) -> pl.DataFrame:
    """Every block: a line per row that it holds a part of."""
    numbered = rows.select("role", "shard", "tokens").with_row_index("place")
    parts, first = [], 0
    for shard in sorted(numbered["shard"].unique().to_list()):
        for role in ROLES:
            group = numbered.filter((pl.col("shard") == shard) & (pl.col("role") == role))
            if group.is_empty():
                continue
            part, count = _cut(group, block_tokens, whole_only=role == SYNTHETIC)
            parts.append(part.with_columns(pl.col("block") + first, shard=pl.lit(shard, dtype=pl.Int32)))
            first += count
    names = [name for name in SHOWN_SCHEMA if name != "batch"]
    empty = SHOWN_SCHEMA.to_frame().select(names)
    return pl.concat([empty, *(part.select(names).cast(empty.schema) for part in parts)])


def _cut(group: pl.DataFrame, block_tokens: int, *, whole_only: bool) -> tuple[pl.DataFrame, int]:
    """(lines of one stream with blocks from 0, the number of its blocks)."""
    lengths = group["tokens"].to_numpy().astype(np.int64) + 1
    stream = int(lengths.sum())
    count = stream // block_tokens if whole_only else -(-stream // block_tokens)
    reach = count * block_tokens
    passes = -(-reach // stream)
    ends = np.cumsum(np.tile(lengths, passes))
    starts = ends - np.tile(lengths, passes)
    inside = starts < reach
    starts, ends = starts[inside], np.minimum(ends[inside], reach)
    places = np.tile(group["place"].to_numpy().astype(np.int64), passes)[inside]
    return _by_block(starts, ends, places, block_tokens), count


def _by_block(starts: Places, ends: Places, places: Places, size: int) -> pl.DataFrame:
    """Runs of tokens cut at the borders of blocks; the first token of a run is its end token."""
    spans = (ends - 1) // size - starts // size + 1
    run = np.repeat(np.arange(starts.size), spans)
    block = starts[run] // size + np.arange(run.size) - np.repeat(np.cumsum(spans) - spans, spans)
    low, high = np.maximum(starts[run], block * size), np.minimum(ends[run], (block + 1) * size)
    return pl.DataFrame(
        {"block": block, "place": places[run], "tokens": high - low, "text_tokens": high - np.maximum(low, starts[run] + 1)}
    )
