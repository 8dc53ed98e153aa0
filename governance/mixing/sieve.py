"""Rows on their way into a mix: what is still in, what went out by which rule, and what stayed although a rule spoke against it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from governance.errors import IntegrityError
from governance.mixing.columns import Columns, hashes_of, repeats
from governance.provenance.hashing import Hashes, Places, seeded_keys
from governance.provenance.row import Origin

Details = Sequence[str] | pl.Series | str
"""A detail for every row, or one for all of them."""
PRIORITY = {Origin.HUMAN: 0, Origin.EXPOSED: 1, Origin.HYBRID: 2, Origin.MODEL: 3, Origin.WEAK: 4, Origin.UNKNOWN: 5}
"""Of two equal rows the one of lower priority number stays."""

DROPPED_SCHEMA = pl.Schema(
    {"row_id": pl.String, "origin": pl.String, "slice": pl.String, "tokens": pl.Int64, "rule": pl.String, "detail": pl.String}
)
FLAGGED_SCHEMA = pl.Schema([*DROPPED_SCHEMA.items(), ("kept_because", pl.String())])
_GONE = pl.Schema({"place": pl.Int64, "rule": pl.String, "detail": pl.String})
_FLAGGED = pl.Schema([*_GONE.items(), ("kept_because", pl.String())])
SURVIVAL_FLOOR, BY_POLICY = "survival-floor", "policy"
"""Why a row stayed: its slice would have lost too much, or policy lets such a row be flagged only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """`places` are the rows that are still in, ascending; what they say stays in `table`, by priority and then row id, whatever the order
    they came in. `gone` are frames of _GONE, and `flagged` of _FLAGGED, with the places of the rows in the table. Rows still in plus rows
    gone are always all the rows; a flagged row may leave by a later rule.
    """

    table: Columns
    places: Places
    gone: tuple[pl.DataFrame, ...] = ()
    flagged: tuple[pl.DataFrame, ...] = ()

    @classmethod
    def of(cls, table: Columns) -> "Sieve":
        """All rows, which stand in the order of `in_priority`.

        Raises: IntegrityError where two rows have one id, or an origin is none of ours: the file was not written by the validate stage.
        """
        if twice := _repeated(table, "row_id"):
            raise IntegrityError(f"{len(twice)} row ids occur more than once", where="admitted.parquet", examples=twice)
        if strange := sorted({name for _, part in table.pieces("origin") for name in part["origin"].unique().to_list()} - set(PRIORITY)):
            raise IntegrityError(
                f"{len(strange)} origins are unknown", where="admitted.parquet", expected=", ".join(PRIORITY), examples=strange
            )
        return cls(table=table, places=np.arange(table.height, dtype=np.int64))

    @property
    def height(self) -> int:
        """How many rows are still in."""
        return int(self.places.size)

    @property
    def human(self) -> pl.Series:
        """A mask of the rows that are human."""
        human = np.zeros(self.table.height, dtype=np.bool_)
        for first, part in self.table.pieces("origin"):
            human[first : first + part.height] = (part["origin"] == Origin.HUMAN.value).to_numpy()
        return pl.Series("human", human[self.places])

    def columns(self, *names: str) -> pl.DataFrame:
        """What the rows that are still in say."""
        return self.table.read(names, None if self.height == self.table.height else self.places)

    def column(self, name: str) -> pl.Series:
        """One column of the rows that are still in."""
        return self.columns(name)[name]

    def chosen(self, at: Places, *names: str) -> pl.DataFrame:
        """What the rows say that stand at these places among those still in."""
        return self.table.read(names, self.places[at])

    def pieces(self, *names: str, at: Places | None = None) -> Iterator[pl.DataFrame]:
        """What the rows say that are still in, or those at these places among them, some rows after the others."""
        chosen = self.places if at is None else self.places[at]
        for first in range(0, chosen.size, self.table.piece_rows):
            yield self.table.read(names, chosen[first : first + self.table.piece_rows])

    def keys(self, at: Places, seed: int) -> Hashes:
        """The seeded key of each row at these places among those still in."""
        parts = (seeded_keys(part["row_id"], seed) for part in self.pieces("row_id", at=at))
        return np.concatenate([np.zeros(0, dtype=np.uint64), *parts])

    def those(self, found: pl.DataFrame) -> pl.DataFrame:
        """What was found by `place` of rows that are still in, with `at`, where each stands now; in this order, and in that of `found`."""
        now = pl.DataFrame({"place": self.places}).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("at"))
        return now.join(found, on="place", maintain_order="left_right").select(*found.columns, "at")

    def without(self, at: Places, rule: str, details: Details) -> "Sieve":
        """Rows at these places among those still in leave, each with its detail, or all with one."""
        if not at.size:
            return self
        stays = np.ones(self.height, dtype=np.bool_)
        stays[at] = False
        return replace(self, places=self.places[stays], gone=(*self.gone, self._told(at, rule, details)))

    def flagging(self, at: Places, rule: str, details: Details, because: str) -> "Sieve":
        """Rows at these places among those still in stay, and it is written down what spoke against them."""
        if not at.size:
            return self
        told = self._told(at, rule, details).with_columns(pl.lit(because).alias("kept_because"))
        return replace(self, flagged=(*self.flagged, told))

    def dropped(self) -> pl.DataFrame:
        """All rows that went out, by rule and row id."""
        return self._named(pl.concat([_GONE.to_frame(), *self.gone]), DROPPED_SCHEMA)

    def taken(self, *names: str) -> pl.DataFrame:
        """How many rows (`rows`) each rule took (`rule`), by what they say in these columns."""
        nothing = self.table.read(names, np.zeros(0, dtype=np.int64)).with_columns(rule=pl.lit("none"), rows=pl.lit(0, dtype=pl.Int64))
        said = (frame.select("rule").hstack(self.table.read(names, frame["place"].to_numpy())) for frame in self.gone)
        counted = [part.group_by("rule", *names).agg(pl.len().cast(pl.Int64).alias("rows")).select(nothing.columns) for part in said]
        return pl.concat([nothing, *counted])

    def spared(self) -> pl.DataFrame:
        """All rows that a rule spoke against and that are still in, by rule and row id."""
        found = pl.concat([_FLAGGED.to_frame(), *self.flagged])
        return self._named(found.filter(np.isin(found["place"].to_numpy(), self.places)), FLAGGED_SCHEMA)

    def _told(self, at: Places, rule: str, details: Details) -> pl.DataFrame:
        place = pl.Series("place", self.places[at], dtype=pl.Int64)
        detail = pl.lit(details) if isinstance(details, str) else pl.Series("detail", details, dtype=pl.String)
        return place.to_frame().with_columns(pl.lit(rule).alias("rule"), detail.alias("detail"))

    def _named(self, found: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
        """Lines by place as a frame of the schema, sorted by rule and row id."""
        said = self.table.read(("row_id", "origin", "slice", "tokens"), found["place"].to_numpy())
        return found.hstack(said).select(schema.names()).cast(schema).sort("rule", "row_id")


def in_priority(rows: pl.DataFrame) -> Places:
    """The order of a table: by priority of `origin`, then by `row_id`; origins that are none of ours come last."""
    priority = pl.col("origin").replace_strict(list(PRIORITY), list(PRIORITY.values()), default=len(PRIORITY), return_dtype=pl.Int8)
    return rows.select(pl.arg_sort_by(priority, "row_id")).to_series().to_numpy().astype(np.int64)


def _repeated(table: Columns, name: str) -> list[str]:
    """Every value that occurs more than once, in order; whole values are compared of a few only."""
    alike = table.read((name,), repeats(hashes_of(table, name)))[name]
    found: list[str] = alike.filter(alike.is_duplicated()).unique().sort().to_list()
    return found


def places(mask: pl.Series) -> Places:
    """Where a mask is true."""
    return np.flatnonzero(mask.to_numpy())
