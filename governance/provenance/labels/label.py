"""A label: a person's word on where one text came from, bound to the row's id and to the digest of its text.

It answers what the source says. A row whose source says something that no label answers is not touched by any, and where that is neither
what the person said it is refused as two systems that disagree.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from governance.provenance.row import SYNTHETIC_ORIGINS

LABEL_SCHEMA = pl.Schema(
    {
        "row_id": pl.String(),
        "sha256": pl.String(),
        "origin_then": pl.String(),  # what the row was before: as its source says it, or as the last label did; null where nobody said
        "generator_then": pl.String(),
        "version_then": pl.String(),
        "origin_now": pl.String(),  # the same as before where the person confirms it
        "generator": pl.String(),
        "generator_version": pl.String(),
        "after": pl.Int64(),  # seq of the label that this one follows; 0 = the row's first
        "queued": pl.Boolean(),  # the row was in the queue; false = somebody brought it up
        "note": pl.String(),  # why, in the person's words; null where none was needed
    }
)
"""The columns of a kept file of labels, which the ledger names by digest."""

RELABELS_SCHEMA = pl.Schema(
    {
        "row_id": pl.String(),
        "sha256": pl.String(),
        "origin_then": pl.String(),
        "origin_now": pl.String(),
        "generator": pl.String(),
        "generator_version": pl.String(),
        "by": pl.String(),
        "seq": pl.Int64(),
        "at": pl.String(),
    }
)
"""The columns of relabels.parquet: a line for every row and everything that its labels answer, with the last word on it."""
RELABELS_FILE = "relabels.parquet"
"""The frozen copy in a cycle's folder."""

KEY = ("row_id", "sha256")
MOVE, LABELLED_BY = "move", "labelled_by"
"""Columns of judged rows: `human->model` and who said so, null where no label changed the row."""
NOBODY = "nobody"
"""How a move names the origin of a row of which nobody said one."""
_LABEL_WINS = (("origin", "origin_now"), ("generator", "generator_by_label"), ("generator_version", "version_by_label"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Labels that one ledger event recorded: whose they are, and when."""

    labels: pl.DataFrame
    by: str
    seq: int
    at: str


def no_relabels() -> pl.DataFrame:
    """What a workspace has where nobody ever labelled a row."""
    return RELABELS_SCHEMA.to_frame()


def in_force(said: Iterable[Said]) -> pl.DataFrame:
    """What labels add up to, in the columns of relabels.parquet: the last word on a row answers whatever any of its labels answered."""
    parts = [
        one.labels.select(*KEY, "origin_then", "origin_now", "generator", "generator_version").with_columns(
            pl.lit(one.by).alias("by"), pl.lit(one.seq, dtype=pl.Int64).alias("seq"), pl.lit(one.at).alias("at")
        )
        for one in sorted(said, key=lambda one: one.seq)
    ]
    if not parts:
        return no_relabels()
    together = pl.concat(parts)
    last = together.unique(KEY, keep="last", maintain_order=True).drop("origin_then")
    answered = together.select(*KEY, "origin_then").unique()
    return answered.join(last, on=KEY, how="inner").select(RELABELS_SCHEMA.names()).sort(*KEY, "origin_then")


def relabelled(claims: pl.DataFrame, relabels: pl.DataFrame) -> pl.DataFrame:
    """Claims of rows with people's labels in place of what their sources say; `move` and `labelled_by` say where one changed something."""
    if relabels.is_empty():
        return claims
    wanted = relabels.select(
        *KEY,
        pl.col("origin_then").alias("origin"),
        "origin_now",
        pl.col("generator").alias("generator_by_label"),
        pl.col("generator_version").alias("version_by_label"),
        "by",
    )
    joined = claims.join(wanted, on=[*KEY, "origin"], how="left", nulls_equal=True, maintain_order="left")
    answered = pl.col("by").is_not_null()
    moved = answered & pl.any_horizontal(*(pl.col(claim).ne_missing(pl.col(label)) for claim, label in _LABEL_WINS))
    move = pl.format("{}->{}", pl.when(pl.col("origin").is_in(_NAMED)).then("origin").otherwise(pl.lit(NOBODY)), "origin_now")
    return joined.with_columns(
        *(pl.when(answered).then(label).otherwise(claim).alias(claim) for claim, label in _LABEL_WINS),
        pl.when(moved).then(move).alias(MOVE),
        pl.when(moved).then("by").alias(LABELLED_BY),
    ).select(claims.columns)


_NAMED = ["human", *SYNTHETIC_ORIGINS]
