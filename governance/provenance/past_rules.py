"""The rules that a row breaks against earlier batches: an id that comes back as something else, and parents that nobody knows."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from governance.provenance.row import Origin
from governance.provenance.rules import REFUSE, REFUSE_HUMAN

RELABELLED_ROW, CHANGED_ROW, UNKNOWN_PARENT = "relabelled-row", "changed-row", "unknown-parent"

PAST_FIXES: Mapping[str, str] = MappingProxyType(
    {
        RELABELLED_ROW: "send the row as it was labelled: origins do not change; or let a person settle it: heirloom label queue",
        CHANGED_ROW: "give the new text an id of its own, with the earlier row as its parent",
        UNKNOWN_PARENT: "send the parent in the same batch, or take the id out of the row's parents where it is no parent",
    }
)
"""Rule -> how to mend the row."""


def judge_past(standing: pl.DataFrame, known: pl.DataFrame) -> tuple[tuple[str, pl.DataFrame, pl.Expr], ...]:
    """(rule, rows of the register that break it, what was found there) for ids that were known as something else.

    `known` has the memory's columns and `label`, as people's labels corrected it: a row that comes as they say is not refused.
    """
    then = known.select("row_id", "cycle", "label", origin_then="origin", text_then=text_hash())
    labelled = pl.col("label").is_not_null()
    source = pl.when(labelled).then(pl.format("by the label of ledger {}", "label")).otherwise(pl.format("in cycle {}", "cycle"))
    again = standing.join(then, on="row_id", how="inner", maintain_order="left")
    return (
        (
            RELABELLED_ROW,
            again.filter(pl.col("origin") != pl.col("origin_then")),
            pl.format("{} now, {} {}", "origin", "origin_then", source),
        ),
        (
            CHANGED_ROW,
            again.filter(pl.col("text_hash") != pl.col("text_then")),
            pl.format("another text than in cycle {} under this id", "cycle"),
        ),
    )


def text_hash() -> pl.Expr:
    """64 bits of a text's sha256: enough to see that a text is another one, and an eighth of the memory."""
    return pl.col("sha256").hash(seed=11)


def strangers(edges: pl.DataFrame, register: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Children with a parent that is neither in the batch nor known from an earlier one: `child`, `origin`, and how many `parents`."""
    ids = pl.concat([register.select("row_id"), known.select("row_id")]).unique()
    lost = edges.join(ids, left_on="parent", right_on="row_id", how="anti")
    return lost.group_by("child", "origin").agg(pl.len().alias("parents"))


def refused_strangers(lost: pl.DataFrame, unknown_parent: str) -> pl.DataFrame:
    """Those of them that the policy refuses: all, the human ones, or none."""
    if unknown_parent == REFUSE:
        return lost
    if unknown_parent == REFUSE_HUMAN:
        return lost.filter(pl.col("origin") == Origin.HUMAN.value)
    return lost.clear()
