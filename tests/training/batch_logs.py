"""Batch logs for tests: a mix of rows with known token counts, its log, and a forger who chains a log anew."""

import polars as pl

from governance.training.batch_log import batch_log, row_sha256
from governance.training.batches import Caps, plan_training
from governance.training.blocks import pack

ROWS = "0f" * 32
END = 0
SIZE = 8


def rows_of(*rows: tuple[str, str, str, int, int], shards: int = 1) -> pl.DataFrame:
    """A mix of (origin, role, slice, tokens, how many such rows), ids by place; the task of a row is its slice's first letter."""
    found = []
    for origin, role, slice_, tokens, count in rows:
        for _ in range(count):
            place = len(found)
            counted = 0 if origin == "human" else tokens
            found.append((f"r{place}", origin, slice_, slice_[0], role, place % shards, tokens, counted))
    schema = {"row_id": pl.String, "origin": pl.String, "slice": pl.String, "task": pl.String, "role": pl.String}
    return pl.DataFrame(found, schema={**schema, "shard": pl.Int32, "tokens": pl.Int64, "counted": pl.Int64}, orient="row")


def trained(rows: pl.DataFrame, *, caps: Caps, epochs: int = 2, batch_blocks: int = 8, seed: int = 3) -> pl.DataFrame:
    """The log of a trainer that keeps its plan over these rows."""
    blocks = pack(rows, [[1] * tokens for tokens in rows["tokens"]], block_tokens=SIZE, end=END)
    planned = plan_training(blocks, batch_blocks=batch_blocks, epochs=epochs, caps=caps, seed=seed)
    return batch_log(blocks, planned, rows_sha256=ROWS)


def chained_anew(log: pl.DataFrame, rows_sha256: str = ROWS) -> pl.DataFrame:
    """The log with every digest computed again, as a forger would."""
    previous, found = rows_sha256, []
    for row in log.iter_rows(named=True):
        previous = row_sha256(row, previous)
        found.append(previous)
    return log.with_columns(pl.Series("sha256", found, dtype=pl.String))
