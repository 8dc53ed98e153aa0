"""Rows on their way into a mix: what is still in, what went out by which rule, and what stayed although a rule spoke against it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from governance.errors import IntegrityError
from governance.provenance.hashing import Places
from governance.provenance.row import Origin

PRIORITY = {Origin.HUMAN: 0, Origin.EXPOSED: 1, Origin.HYBRID: 2, Origin.MODEL: 3, Origin.WEAK: 4, Origin.UNKNOWN: 5}
"""Of two equal rows the one of lower priority number stays."""

DROPPED_SCHEMA = pl.Schema(
    {"row_id": pl.String, "origin": pl.String, "slice": pl.String, "tokens": pl.Int64, "rule": pl.String, "detail": pl.String}
)
FLAGGED_SCHEMA = pl.Schema([*DROPPED_SCHEMA.items(), ("kept_because", pl.String())])
SURVIVAL_FLOOR, BY_POLICY = "survival-floor", "policy"
"""Why a row stayed: its slice would have lost too much, or policy lets such a row be flagged only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """`rows` are still in, by priority and then row id, whatever the order they came in; `gone` are frames of DROPPED_SCHEMA, and
    `flagged` frames of FLAGGED_SCHEMA. Rows still in plus rows gone are always all the rows; a flagged row may leave by a later rule.
    """

    rows: pl.DataFrame
    gone: tuple[pl.DataFrame, ...] = ()
    flagged: tuple[pl.DataFrame, ...] = ()

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Sieve":
        """All rows, with their `place` in this order, which stays with them.

        Raises: IntegrityError where two rows have one id, or an origin is none of ours: the file was not written by the validate stage.
        """
        if twice := rows.filter(pl.col("row_id").is_duplicated())["row_id"].unique().sort().to_list():
            raise IntegrityError(f"{len(twice)} row ids occur more than once", where="admitted.parquet", examples=twice)
        if strange := sorted(set(rows["origin"].unique().to_list()) - set(PRIORITY)):
            raise IntegrityError(
                f"{len(strange)} origins are unknown", where="admitted.parquet", expected=", ".join(PRIORITY), examples=strange
            )
        return cls(rows=rows.sort(_priority(), "row_id").with_row_index("place"))

    @property
    def human(self) -> pl.Series:
        """A mask of the rows that are human."""
        return self.rows["origin"] == Origin.HUMAN.value

    @property
    def places(self) -> Places:
        """Where the rows that are still in stood among all rows."""
        return self.rows["place"].to_numpy().astype(np.int64)

    def those(self, found: pl.DataFrame) -> pl.DataFrame:
        """What was found by `place` of rows that are still in, with `at`, where each stands now; in this order, and in that of `found`."""
        now = pl.DataFrame({"place": self.places}).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("at"))
        return found.join(now, on="place", maintain_order="left").sort("at", maintain_order=True)

    def without(self, places: Places, rule: str, details: Sequence[str] | pl.Series) -> "Sieve":
        """Rows at these places leave, each with its detail."""
        if not places.size:
            return self
        stays = np.ones(self.rows.height, dtype=np.bool_)
        stays[places] = False
        return replace(self, rows=self.rows.filter(pl.Series(stays)), gone=(*self.gone, self._told(places, rule, details)))

    def flagging(self, places: Places, rule: str, details: Sequence[str] | pl.Series, because: str) -> "Sieve":
        """Rows at these places stay, and it is written down what spoke against them."""
        if not places.size:
            return self
        told = self._told(places, rule, details).with_columns(pl.lit(because).alias("kept_because"))
        return replace(self, flagged=(*self.flagged, told))

    def dropped(self) -> pl.DataFrame:
        """All rows that went out, by rule and row id."""
        return pl.concat([DROPPED_SCHEMA.to_frame(), *self.gone]).sort("rule", "row_id")

    def spared(self) -> pl.DataFrame:
        """All rows that a rule spoke against and that are still in, by rule and row id."""
        found = pl.concat([FLAGGED_SCHEMA.to_frame(), *self.flagged])
        return found.join(self.rows.select("row_id"), on="row_id", how="semi").sort("rule", "row_id")

    def _told(self, places: Places, rule: str, details: Sequence[str] | pl.Series) -> pl.DataFrame:
        told = pl.Series("detail", details, dtype=pl.String)
        rows = self.rows[places].select("row_id", "origin", "slice", "tokens", pl.lit(rule).alias("rule"), told)
        return rows.cast(DROPPED_SCHEMA)


def place_of(rows: pl.DataFrame) -> Places:
    """Where each row stands in the order of a sieve; origins that are none of ours come last."""
    order = rows.select(pl.arg_sort_by(_priority(strict=False), "row_id")).to_series().to_numpy().astype(np.int64)
    places = np.empty(order.size, dtype=np.int64)
    places[order] = np.arange(order.size)
    return places


def _priority(*, strict: bool = True) -> pl.Expr:
    names, numbers = list(PRIORITY), list(PRIORITY.values())
    if strict:
        return pl.col("origin").replace_strict(names, numbers, return_dtype=pl.Int8)
    return pl.col("origin").replace_strict(names, numbers, default=len(names), return_dtype=pl.Int8)


def places(mask: pl.Series) -> Places:
    """Where a mask is true."""
    return np.flatnonzero(mask.to_numpy())
