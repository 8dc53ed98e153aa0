"""Claims -> audited rows: a store is looked at as it is, so only what holds no text is left out, and a doubtful label is no label.

A batch is refused row by row because it is to be trained on; a store is there already. So a row without an origin is of unknown origin, a
date that is none is an unknown vintage, a human row that names a generator contradicts itself and is of unknown origin; each is counted.
"""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from governance.provenance.aliases import FOUND, named_as_reviewed
from governance.provenance.row import Origin
from governance.provenance.row_rules import ROW_RULES
from governance.provenance.rules import ADMIT, ProvenanceRules
from governance.provenance.vintage import impossible

UNKNOWN = "unknown"
TEXTLESS = ("empty-text", "text-too-long")
"""Rules of the door that leave a row without a text to look at."""
NO_TROUBLE = (*TEXTLESS, "unknown-generator-version", "unknown-vintage", "exposed-origin", "weak-origin", "unknown-origin")
"""Rules that are no trouble of a label: classes that are counted as such."""

AUDITED_SCHEMA = pl.Schema(
    {
        "row_id": pl.String(),
        "text": pl.String(),
        "sha256": pl.String(),
        "origin": pl.String(),
        "generator": pl.String(),
        "generator_version": pl.String(),
        FOUND: pl.String(),
        "parent_ids": pl.List(pl.String()),
        "vintage": pl.String(),  # a year, or "unknown"
        "source_tier": pl.String(),
        "slice": pl.String(),
        "left_out": pl.String(),  # the rule that leaves the row without a text; null where it has one
    }
)


def lenient(rules: ProvenanceRules) -> ProvenanceRules:
    """The same rules for looking: every class of doubtful provenance is counted, none refused."""
    return replace(
        rules,
        unknown_generator_version=ADMIT,
        unknown_vintage=ADMIT,
        exposed=ADMIT,
        weak=ADMIT,
        unknown_origin=ADMIT,
        unknown_parent=ADMIT,
        known_tiers=(),
    )


def audited(claimed: pl.DataFrame, rules: ProvenanceRules) -> tuple[pl.DataFrame, Mapping[str, int]]:
    """(rows of `AUDITED_SCHEMA` in the same order, rows with a doubtful label by rule), under `lenient` rules.

    A row without an id takes the place that it stands at.
    """
    placed = claimed.with_columns(pl.coalesce("row_id", pl.format("{}:{}", "source_file", "line")).alias("row_id"))
    named = named_as_reviewed(placed, rules.aliases, rules.alias_versions)
    broken = {rule.name: rule.broken(rules).fill_null(value=False) for rule in ROW_RULES}
    textless = [pl.when(broken[name]).then(pl.lit(name)) for name in TEXTLESS]
    said = named.with_columns(pl.coalesce("unread", *textless).alias("left_out"))
    labelled = said.filter(pl.col("left_out").is_null()).select(
        broken[rule.name].sum().alias(rule.name) for rule in ROW_RULES if rule.name not in NO_TROUBLE
    )
    troubles = {name: int(labelled[name][0]) for name in labelled.columns if labelled[name][0]}
    return said.with_columns(_origin(broken).alias("origin"), _vintage().alias("vintage"), _known("source_tier"), _known("slice")).select(
        AUDITED_SCHEMA.names()
    ), troubles


def _origin(broken: Mapping[str, pl.Expr]) -> pl.Expr:
    """What a row declares, where it declares one thing."""
    doubtful = broken["missing-origin"] | broken["unrecognised-origin"] | broken["generator-on-human"]
    return pl.when(doubtful).then(pl.lit(Origin.UNKNOWN.value)).otherwise("origin")


def _vintage() -> pl.Expr:
    year = pl.when(~impossible(pl.col("vintage"))).then(pl.col("vintage").dt.year())
    return year.cast(pl.String).fill_null(UNKNOWN)


def _known(column: str) -> pl.Expr:
    return pl.col(column).fill_null(UNKNOWN).alias(column)
