"""What was really trained on, a row per batch, and whether it kept the caps that the policy set."""

from collections.abc import Sequence

import polars as pl

from governance.errors import IntegrityError
from governance.training.batches import Caps, PlannedBatch
from governance.training.blocks import ROLES, Blocks

BATCH_LOG_SCHEMA = pl.Schema(
    [
        ("epoch", pl.Int32()),
        ("step", pl.Int32()),  # from 0 over all epochs
        ("shard", pl.Int32()),
        ("anchor_tokens", pl.Int64()),
        ("human_tokens", pl.Int64()),
        ("synthetic_tokens", pl.Int64()),
        ("row_ids", pl.List(pl.String())),  # each row once a batch, anchors first
    ]
)
"""The columns of batches.parquet."""

TOKEN_COLUMNS = tuple(f"{role}_tokens" for role in ROLES)


def batch_log(blocks: Blocks, trained: Sequence[PlannedBatch]) -> pl.DataFrame:
    """The log of batches in the order in which they were trained; tokens count end tokens too, because they are trained."""
    size = blocks.tokens.shape[1]
    rows = []
    for batch in trained:
        roles = [blocks.roles[n] for n in batch.blocks]
        ids = dict.fromkeys(row for n in batch.blocks for row in blocks.row_ids[n])
        rows.append((batch.epoch, batch.step, batch.shard, *(roles.count(role) * size for role in ROLES), list(ids)))
    return pl.DataFrame(rows, schema=BATCH_LOG_SCHEMA, orient="row")


def verify_log(log: pl.DataFrame, caps: Caps) -> None:
    """Hold every batch and every shard against the caps, in integers, over what the log says was trained.

    Raises: IntegrityError naming batches (epoch/step) or shards: no batch at all, too little anchor, too much synthetic text, a step
    that is missing or trained twice.
    """
    if log.is_empty():
        raise IntegrityError("no batch was trained", where="batches.parquet")
    if log["step"].to_list() != list(range(log.height)):
        raise IntegrityError(
            "steps are missing, repeated or out of order", where="batches.parquet", expected=f"0..{log.height - 1}", fix="run train again"
        )
    batches = log.with_columns(name=pl.format("{}/{}", "epoch", "step"))
    _verify(batches, caps, "batches (epoch/step)")
    shards = log.group_by("shard").agg(pl.col(TOKEN_COLUMNS).sum()).sort("shard").with_columns(name=pl.col("shard").cast(pl.String))
    _verify(shards, caps, "shards")


def _verify(tokens: pl.DataFrame, caps: Caps, kind: str) -> None:
    anchor, human, synthetic = (pl.col(name) for name in TOKEN_COLUMNS)
    short = tokens.filter(anchor * 100 < caps.anchor_percent * (anchor + human + synthetic))
    over = tokens.filter(synthetic * 100 > caps.synthetic_cap_percent * (human + synthetic))
    for broken, phrase in (
        (short, f"less than {caps.anchor_percent} % anchor tokens"),
        (over, f"more than {caps.synthetic_cap_percent} % synthetic tokens"),
    ):
        if not broken.is_empty():
            raise IntegrityError(
                f"{broken.height} {kind} with {phrase}",
                where="batches.parquet",
                examples=broken["name"].to_list(),
                fix="the trainer did not keep its plan: run train again, and report it if it repeats",
            )
