"""Rows on their way into a mix: what is still in, and what went out by which rule. Together they are always all the rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from governance.errors import IntegrityError
from governance.provenance.hashing import Places
from governance.provenance.row import Origin

PRIORITY = {Origin.HUMAN: 0, Origin.HYBRID: 1, Origin.MODEL: 2, Origin.WEAK: 3, Origin.UNKNOWN: 4}
"""Of two equal rows the one of lower priority number stays."""

DROPPED_SCHEMA = pl.Schema(
    {"row_id": pl.String, "origin": pl.String, "slice": pl.String, "tokens": pl.Int64, "rule": pl.String, "detail": pl.String}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """`rows` are still in, by priority and then row id, whatever the order they came in; `gone` are frames of DROPPED_SCHEMA."""

    rows: pl.DataFrame
    gone: tuple[pl.DataFrame, ...] = ()

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Sieve":
        """All rows.

        Raises: IntegrityError where two rows have one id, or an origin is none of ours: the file was not written by the validate stage.
        """
        if twice := rows.filter(pl.col("row_id").is_duplicated())["row_id"].unique().sort().to_list():
            raise IntegrityError(f"{len(twice)} row ids occur more than once", where="admitted.parquet", examples=twice)
        if strange := sorted(set(rows["origin"].unique().to_list()) - set(PRIORITY)):
            raise IntegrityError(
                f"{len(strange)} origins are unknown", where="admitted.parquet", expected=", ".join(PRIORITY), examples=strange
            )
        priority = pl.col("origin").replace_strict(list(PRIORITY), list(PRIORITY.values()), return_dtype=pl.Int8)
        return cls(rows=rows.sort(priority, "row_id"))

    @property
    def human(self) -> pl.Series:
        """A mask of the rows that are human."""
        return self.rows["origin"] == Origin.HUMAN.value

    def without(self, places: Places, rule: str, details: Sequence[str] | pl.Series) -> "Sieve":
        """Rows at these places leave, each with its detail."""
        if not places.size:
            return self
        gone = self.rows[places].select(
            "row_id", "origin", "slice", "tokens", pl.lit(rule).alias("rule"), pl.Series("detail", details, dtype=pl.String)
        )
        stays = np.ones(self.rows.height, dtype=np.bool_)
        stays[places] = False
        return Sieve(rows=self.rows.filter(pl.Series(stays)), gone=(*self.gone, gone.cast(DROPPED_SCHEMA)))

    def dropped(self) -> pl.DataFrame:
        """All rows that went out, by rule and row id."""
        return pl.concat([DROPPED_SCHEMA.to_frame(), *self.gone]).sort("rule", "row_id")


def places(mask: pl.Series) -> Places:
    """Where a mask is true."""
    return np.flatnonzero(mask.to_numpy())
