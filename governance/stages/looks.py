"""Which documents of a pinned shard this look reads: all of them, or in a first look of two those that are not held back."""

import polars as pl

from governance.gates.extension import ExtensionRules
from governance.ports.desk import Desk

NEEDS = ("extension", "policy.gates.extension")
"""What a stage that asks this needs of cycle.json."""


def is_second(desk: Desk) -> bool:
    """True where the cycle is the extension of another."""
    return desk.need("extension") is not None


def rules_of(desk: Desk) -> ExtensionRules:
    """What the policy registered before the first look."""
    rules: ExtensionRules = desk.section("policy.gates.extension", ExtensionRules)
    return rules


def looked_at(desk: Desk, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that this look reads, by the document that each was cut from; a row without `source_id` stands for itself."""
    rules = rules_of(desk)
    if not rules.allowed or is_second(desk):
        return rows
    source = pl.col("source_id").fill_null(pl.col("row_id")) if "source_id" in rows.columns else pl.col("row_id")
    return rows.filter([not rules.holds_back(name) for name in rows.select(source).to_series()])
