"""A batch as the audit sees it: how many rows of which kind there are, and those that are looked at, in an order that nobody chose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from governance.provenance.hashing import seeded_keys
from governance.provenance.kin import families
from governance.provenance.laundering.domains import domains_of
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.signal import Material
from governance.provenance.row import Origin

UNKNOWN = "unknown"
_IDS_AT_A_TIME = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`counts` (`slice`, `vintage`, `source_tier`, `rows`, `declared`) are of all admitted rows, `material` of those looked at."""

    counts: pl.DataFrame
    material: Material


def batch_of(
    admitted: pl.LazyFrame, references: pl.DataFrame, learnt: pl.LazyFrame, means: Material, rules: LaunderingRules, *, seed: int
) -> Batch:
    """The batch beside its references.

    `references` are pinned human rows (`row_id`, `text`, `slice`, `learnt`, and where they have it `source_id`); `learnt` lists the
    `sha256` of texts that models of ours may have learnt from; `means` carries the scorers.
    """
    grouped = admitted.with_columns(_year(), pl.col("source_tier").fill_null(UNKNOWN))
    kin = _families(admitted)
    claimed = _chosen(grouped.filter(pl.col("origin") == Origin.HUMAN.value), rules.rows_scored, seed)
    known = _chosen(grouped.filter(pl.col("origin") == Origin.MODEL.value), rules.rows_scored, seed)
    before = learnt.select("sha256").join(claimed.lazy().select("sha256"), on="sha256", how="semi").unique().collect()["sha256"]
    claimed = claimed.with_columns(pl.col("sha256").is_in(before.implode()).alias("learnt"))
    pinned = _pinned(references, seed)
    where = domains_of(pinned, known, rules)
    material = replace(
        means,
        references=_at_home(pinned, where),
        known=_at_home(_with_family(known.with_columns(pl.lit(value=False).alias("learnt")), kin), where),
        claimed=_at_home(_with_family(claimed, kin), where),
        most_read=rules.curvature_rows,
    )
    return Batch(counts=_counts(grouped), material=material)


def _counts(grouped: pl.LazyFrame) -> pl.DataFrame:
    declared = (pl.col("origin") != Origin.HUMAN.value).sum().alias("declared")
    by = ("slice", "vintage", "source_tier")
    return grouped.group_by(by).agg(pl.len().alias("rows"), declared).sort(by).collect()


def _year() -> pl.Expr:
    return pl.col("vintage").dt.year().cast(pl.String).fill_null(UNKNOWN)


def _chosen(rows: pl.LazyFrame, most: int, seed: int) -> pl.DataFrame:
    """At most so many rows, in the order of the seeded hash of their ids: a random sample, and so is every beginning of it."""
    ids = rows.select("row_id").collect()["row_id"]
    keys = [seeded_keys(ids[first : first + _IDS_AT_A_TIME].to_list(), seed) for first in range(0, len(ids), _IDS_AT_A_TIME)]
    order = np.argsort(np.concatenate([np.zeros(0, dtype=np.uint64), *keys]), kind="stable")[:most]
    kept = ids[order]
    found = rows.filter(pl.col("row_id").is_in(kept.implode())).collect()
    return kept.to_frame().join(found, on="row_id", how="left", maintain_order="left")


def _families(admitted: pl.LazyFrame) -> pl.DataFrame:
    edges = admitted.select(child="row_id", parent="parent_ids").explode("parent", empty_as_null=False, keep_nulls=False)
    return families(edges.collect())


def _with_family(rows: pl.DataFrame, kin: pl.DataFrame) -> pl.DataFrame:
    """Rows without kin in the batch are families of their own."""
    own = pl.Series("own", seeded_keys(rows["row_id"].to_list(), 0), dtype=pl.UInt64)
    joined = rows.with_columns(own).join(kin, on="row_id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("family", "own").alias("family")).drop("own")


def _pinned(references: pl.DataFrame, seed: int) -> pl.DataFrame:
    source = pl.col("source_id").fill_null(pl.col("row_id")) if "source_id" in references.columns else pl.col("row_id")
    rows = references.select("row_id", "text", "slice", "learnt", source.alias("source_id"))
    keyed = rows.with_columns(pl.Series("key", seeded_keys(rows["row_id"].to_list(), seed))).sort("key", "row_id").drop("key")
    return keyed.with_columns(pl.Series("family", seeded_keys(keyed["source_id"].to_list(), 0), dtype=pl.UInt64))


def _at_home(rows: pl.DataFrame, where: Mapping[str, str]) -> pl.DataFrame:
    return rows.with_columns(pl.col("slice").replace_strict(where, default=None, return_dtype=pl.String).alias("domain"))
