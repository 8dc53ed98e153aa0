"""What was really trained on, a row per batch in a chain of digests, and whether it kept the caps that the policy set.

A batch is one optimizer step's, over all ranks and micro-batches. `sha256` of a row is the sha256, in hex, of the RFC 8785 bytes of

    {"anchor_tokens": n, "blocks": [n], "epoch": n, "human_tokens": n, "previous": HEX, "row_ids": [TEXT], "shard": n, "step": n,
     "synthetic_tokens": n}

`previous` is the sha256 of the row before it, and for the first row that of the file of rows that was trained on (mix.parquet). So no row
can be edited, dropped, moved or repeated, and no other rows can be put under the log, without the last sha256 becoming another one.
The last one is the head: lineage.json and the ledger keep it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.digest import digest_document
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
        ("row_ids", pl.List(pl.String())),  # each row once a batch, in the order of the blocks
        ("blocks", pl.List(pl.Int32())),  # numbers of blocks as `governance.training.blocks.pack` counts them
        ("sha256", pl.String()),
    ]
)
"""The columns of batches.parquet."""

TOKEN_COLUMNS = tuple(f"{role}_tokens" for role in ROLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What does not hold of a training: `names` are the batches (epoch/step), shards, slices or tasks that it does not hold for."""

    phrase: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was written down about a log when it was made: the digest of the rows below it, its batches, the digest of the last one."""

    rows_sha256: str
    batches: int
    head: str

    @classmethod
    def of(cls, log: pl.DataFrame, rows_sha256: str) -> "Recorded":
        """What there is to write down about a log over the file of rows of this digest."""
        return cls(rows_sha256=rows_sha256, batches=log.height, head=str(log["sha256"][-1]) if log.height else rows_sha256)

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> "Recorded | None":
        """The `batch_log` of lineage.json; None where an older version chained none."""
        if document is None:
            return None
        return cls(rows_sha256=document["rows_sha256"], batches=document["batches"], head=document["head"])

    def document(self) -> dict[str, Any]:
        """The inverse of `from_document`."""
        return {"rows_sha256": self.rows_sha256, "batches": self.batches, "head": self.head}


def batch_log(blocks: Blocks, trained: Sequence[PlannedBatch], *, rows_sha256: str) -> pl.DataFrame:
    """The log of batches in the order in which they were trained; tokens count end tokens too, because they are trained.

    `rows_sha256` is the digest of the file of rows: the chain begins with it.
    """
    size = blocks.tokens.shape[1]
    rows: list[tuple[Any, ...]] = []
    previous = rows_sha256
    for batch in trained:
        roles = [blocks.roles[n] for n in batch.blocks]
        ids = list(dict.fromkeys(row for n in batch.blocks for row in blocks.row_ids[n]))
        row = (batch.epoch, batch.step, batch.shard, *(roles.count(role) * size for role in ROLES), ids, list(batch.blocks))
        previous = row_sha256(dict(zip(BATCH_LOG_SCHEMA, row, strict=False)), previous)
        rows.append((*row, previous))
    return pl.DataFrame(rows, schema=BATCH_LOG_SCHEMA, orient="row")


def row_sha256(row: dict[str, Any], previous: str) -> str:
    """The digest of one row of the log, without its own `sha256`, behind the row of digest `previous`."""
    return digest_document({name: row[name] for name in BATCH_LOG_SCHEMA if name != "sha256"} | {"previous": previous})


def loose_links(log: pl.DataFrame, rows_sha256: str) -> tuple[int, ...]:
    """Places in the log, from 0, of batches whose digest does not follow from their content and from the batch before them."""
    loose = []
    previous = rows_sha256
    for place, row in enumerate(log.iter_rows(named=True)):
        if row["sha256"] != row_sha256(row, previous):
            loose.append(place)
        previous = str(row["sha256"])
    return tuple(loose)


def broken_caps(tokens: pl.DataFrame, caps: Caps, kind: str) -> tuple[Finding, ...]:
    """Which lines of `tokens` (`name` and the token columns) have too little anchor or too much synthetic text, compared in integers."""
    anchor, human, synthetic = (pl.col(name) for name in TOKEN_COLUMNS)
    short = tokens.filter(anchor * 100 < caps.anchor_percent * (anchor + human + synthetic))
    over = tokens.filter(synthetic * 100 > caps.synthetic_cap_percent * (human + synthetic))
    found = (
        (short, f"less than {caps.anchor_percent} % anchor tokens"),
        (over, f"more than {caps.synthetic_cap_percent} % synthetic tokens"),
    )
    return tuple(
        Finding(phrase=f"{lines.height} {kind} with {phrase}", names=tuple(lines["name"]))
        for lines, phrase in found
        if not lines.is_empty()
    )


def verify_log(log: pl.DataFrame, caps: Caps) -> None:
    """Hold every batch and every shard against the caps, in integers, over the token counts of the log itself.

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
    shards = log.group_by("shard").agg(pl.col(TOKEN_COLUMNS).sum()).sort("shard").with_columns(name=pl.col("shard").cast(pl.String))
    refuse_findings((*broken_caps(batches, caps, "batches (epoch/step)"), *broken_caps(shards, caps, "shards")))


def refuse_findings(found: Sequence[Finding]) -> None:
    """Raises: IntegrityError with the first of what does not hold."""
    if found:
        raise IntegrityError(
            found[0].phrase,
            where="batches.parquet",
            examples=found[0].names,
            fix="the trainer did not keep its plan: run train again, and report it if it repeats",
        )
