"""What every row of a batch has been through: depth and passages by its author and by what it was made from, for millions of rows.

`graph` defines both; here they are columns. Only a synthetic parent can take a synthetic row deeper than its author did, so the walk along
parents sees the few rows that have one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

import polars as pl

from governance.provenance.descent import THOUSAND, Descent
from governance.provenance.row import Origin

PASSED_SCHEMA = pl.Schema({"row_id": pl.String, "depth": pl.Int32, "passages": pl.Int64})
"""descent.parquet: a line per synthetic row; passages in thousandths of a model."""
FEWEST_VERSION_DIGITS = 12
"""A generator version names a checkpoint where it is at least so many leading hex digits of its digest."""
NOT_CHECKED = "not-digest-checked:"
"""Before the name that an endpoint gives its model: the version, and the pin, of an author whose weights nobody here can hash."""

Walked = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model whose past is known here: a release of the line, promoted or not. `mean_depth` is in thousandths."""

    name: str
    digest: str
    depth: int
    mean_depth: int

    def __post_init__(self) -> None:
        if not 0 <= self.mean_depth <= THOUSAND * self.depth:
            raise ValueError(f"mean_depth: {self.mean_depth} is not in 0..{THOUSAND * self.depth}")

    def document(self) -> dict[str, Any]:
        """An entry of `models` in cycle.json."""
        return {"name": self.name, "digest": self.digest, "depth": self.depth, "mean_depth": self.mean_depth}


def known_model(name: str, digest: str, descent: Descent, *, unknown_is_synthetic: bool) -> KnownModel:
    """A release as an author: what of its past is unknown counts as text of one model, or as text of people."""
    if unknown_is_synthetic and descent.open:
        return KnownModel(name=name, digest=digest, depth=max(1, descent.depth), mean_depth=descent.mean_depth.high)
    return KnownModel(name=name, digest=digest, depth=descent.least_depth, mean_depth=descent.mean_depth.low)


def names_checkpoint(version: str | None, digest: str) -> bool:
    """True where a generator version is a digest or at least its first 12 hex digits; a pin that is no digest is named in full."""
    if digest.startswith(NOT_CHECKED):
        return version == digest
    return version is not None and len(version) >= FEWEST_VERSION_DIGITS and digest.startswith(version)


def by_author(rows: pl.DataFrame, models: Sequence[KnownModel]) -> pl.DataFrame:
    """The rows with `depth` and `passages` by who wrote them, 0 for human ones; authors are few, and each is looked up once."""
    authors = rows.filter(pl.col("origin") != Origin.HUMAN.value).select("generator", "generator_version").unique()
    found = [_past_of(name, version, models) for name, version in authors.iter_rows()]
    table = authors.with_columns(
        pl.Series("depth", [depth + 1 for depth, _ in found], dtype=pl.Int32),
        pl.Series("passages", [mean + THOUSAND for _, mean in found], dtype=pl.Int64),
    )
    joined = rows.join(table, on=["generator", "generator_version"], how="left", nulls_equal=True, maintain_order="left")
    human = pl.col("origin") == Origin.HUMAN.value
    return joined.with_columns(
        pl.when(human).then(0).otherwise(name).cast(PASSED_SCHEMA[name]).alias(name) for name in ("depth", "passages")
    )


def _past_of(name: str | None, version: str | None, models: Sequence[KnownModel]) -> tuple[int, int]:
    """(depth, mean depth) of an author: by its digest, else the deepest model of its name, else those of a human-only model."""
    exact = [m for m in models if names_checkpoint(version, m.digest)]
    meant = exact or [m for m in models if m.name == name]
    return max((m.depth for m in meant), default=0), max((m.mean_depth for m in meant), default=0)


def through_parents(register: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The register with `depth` and `passages` raised to what the rows' parents have been through, one model more where a model wrote.

    `register`: row_id, origin, parent_ids, depth, passages; no row among its own ancestors. `known`: row_id, depth, passages of rows of
    earlier batches. A row that came before under the same id has been through no less than it had then.
    """
    synthetic = pl.concat([frame.filter(pl.col("depth") > 0).select(PASSED_SCHEMA.names()) for frame in (register, known)])
    ids = synthetic.select("row_id").unique()
    edges = (
        register.filter((pl.col("depth") > 0) & (pl.col("parent_ids").list.len() > 0))
        .select("row_id", "parent_ids", step=(pl.col("origin") == Origin.MODEL.value).cast(pl.Int32))
        .explode("parent_ids")
        .join(ids, left_on="parent_ids", right_on="row_id", how="semi")
    )
    again = register.join(known, on="row_id", how="semi").select("row_id")
    involved = pl.concat([edges.select("row_id"), edges.select(row_id="parent_ids"), again]).unique()
    most = synthetic.join(involved, on="row_id", how="semi").group_by("row_id").agg(pl.col("depth", "passages").max())
    raised = _walked(edges, {row_id: (depth, passages) for row_id, depth, passages in most.iter_rows()})
    table = pl.DataFrame([(name, *two) for name, two in raised.items()], schema=PASSED_SCHEMA, orient="row")
    joined = register.join(table, on="row_id", how="left", maintain_order="left", suffix="_raised")
    return joined.with_columns(
        pl.when(pl.col("depth") > 0).then(pl.max_horizontal(name, f"{name}_raised")).otherwise(name).alias(name)
        for name in ("depth", "passages")
    ).drop("depth_raised", "passages_raised")


def _walked(edges: pl.DataFrame, passed: Walked) -> Mapping[str, tuple[int, int]]:
    """Parents before children, each child no less deep than what it was made from."""
    order: TopologicalSorter[str] = TopologicalSorter()
    steps: dict[tuple[str, str], int] = {}
    for child, parent, step in edges.iter_rows():
        order.add(child, parent)
        steps[child, parent] = step
    above: dict[str, list[str]] = {}
    for child, parent in steps:
        above.setdefault(child, []).append(parent)
    for name in order.static_order():
        for parent in above.get(name, ()):
            depth, passages = passed[parent]
            step = steps[name, parent]
            mine = passed[name]
            passed[name] = (max(mine[0], depth + step), max(mine[1], passages + step * THOUSAND))
    return passed
