"""Bulk relabelling: rows of a batch that have come nearer to human than they were known, by whichever door.

A trickle is what honest corrections look like. A flood just before a run is how a cap is talked around, so it raises an alarm; nothing is
refused for it that is not refused anyway.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType

import polars as pl

from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.row import SYNTHETIC_ORIGINS, Origin

_DISTANCE: Mapping[str, int] = MappingProxyType({Origin.HUMAN.value: 0, Origin.EXPOSED.value: 1, Origin.HYBRID.value: 2})
_FARTHEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabels:
    """Counts over a batch of `rows_in` rows."""

    rows_in: int
    refused: int
    """Under an id that was known as something farther from human, without a person's label: refused as `relabelled-row`."""
    known_texts: int
    """Human by their word, under an id that nobody knows, with a text that came as synthetic before."""
    labelled: int
    """Brought nearer to human by people's labels, and not admitted so before."""

    @property
    def rows(self) -> int:
        return self.refused + self.known_texts + self.labelled

    def document(self) -> dict[str, int]:
        return {"rows": self.rows, **asdict(self)}

    def alarms(self, rules: LaunderingRules) -> Sequence[str]:
        if self.rows * 100 <= rules.relabel_alarm_percent * self.rows_in:
            return ()
        return (
            f"{self.rows:,} of {self.rows_in:,} rows are nearer to human than they were known: "
            f"{self.refused:,} under a known id (refused), "
            f"{self.known_texts:,} known texts under new ids, {self.labelled:,} by people's labels; "
            f"more than {rules.relabel_alarm_percent} % of a batch",
        )


def returned_nearer(register: pl.DataFrame, known: pl.DataFrame) -> int:
    """Rows of a register whose id is known (by the last word on it) as something farther from human than they say."""
    again = register.join(known.select("row_id", origin_then="origin"), on="row_id", how="inner")
    return again.filter(distance("origin") < distance("origin_then")).height


def relabels_of(admitted: pl.LazyFrame, known: pl.LazyFrame, labels: pl.LazyFrame, *, rows_in: int, refused: int) -> Relabels:
    """`known` has the memory's columns, `labels` those of relabels.parquet."""
    rows = admitted.select("row_id", "sha256", "origin")
    synthetic = known.filter(pl.col("origin").is_in(SYNTHETIC_ORIGINS)).select("sha256")
    texts = (
        rows.filter(pl.col("origin") == Origin.HUMAN.value).join(known, on="row_id", how="anti").join(synthetic, on="sha256", how="semi")
    )
    nearer = labels.filter(distance("origin_now") < distance("origin_then")).select("row_id", "sha256", origin="origin_now")
    moved = rows.join(nearer, on=["row_id", "sha256", "origin"], how="semi").join(known, on=["row_id", "origin"], how="anti")
    labelled = moved.select("row_id").unique().collect()["row_id"]
    others = texts.filter(~pl.col("row_id").is_in(labelled.implode())).select(pl.col("row_id").n_unique()).collect().item()
    return Relabels(rows_in=rows_in, refused=refused, known_texts=others, labelled=len(labelled))


def distance(column: str) -> pl.Expr:
    """How far an origin is from human: exposed text is nearer than a hybrid, a hybrid nearer than everything else."""
    return pl.col(column).replace_strict(dict(_DISTANCE), default=_FARTHEST, return_dtype=pl.Int64)
