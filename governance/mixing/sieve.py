"""Rows on their way into a mix: what is still in, what went out by which rule, and what stayed although a rule spoke against it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.errors import IntegrityError
from governance.mixing.columns import Columns, hashes_of, repeats
from governance.mixing.sorting import KEY, sorted_runs
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
_SAID = ("row_id", "origin", "slice", "tokens")
_BETWEEN = pl.lit("\0")
"""What stands between a rule and a row id where rows are sorted by both: it is in no rule's name, and nothing sorts before it."""
SURVIVAL_FLOOR, BY_POLICY = "survival-floor", "policy"
"""Why a row stayed: its slice would have lost too much, or policy lets such a row be flagged only."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What one rule says of the rows at these `places` of a table: a detail for each of them, or one for all, which is held once; and why
    they stay although it speaks against them, where they do.
    """

    rule: str
    places: Places
    details: pl.Series | str
    kept_because: str | None = None

    @classmethod
    def of(cls, rule: str, places: Places, details: Details, kept_because: str | None = None) -> "Told":
        """The same; details that are all one are held once."""
        if not isinstance(details, str):
            details = pl.Series("detail", details, dtype=pl.String)
            details = str(details[0]) if details.len() and details.n_unique() == 1 else details
        return cls(rule=rule, places=places, details=details, kept_because=kept_because)

    def where(self, stays: NDArray[np.bool_]) -> "Told":
        """What it says of the rows whose places are marked."""
        here = np.flatnonzero(stays[self.places])
        details = self.details if isinstance(self.details, str) else self.details[here]
        return replace(self, places=self.places[here], details=details)

    def lines(self, table: Columns, names: tuple[str, ...] = _SAID) -> Iterator[pl.DataFrame]:
        """What the rows say in these columns, with `rule`, `detail` and `kept_because`, some after the others."""
        for first in range(0, self.places.size, table.piece_rows):
            said = table.read(names, self.places[first : first + table.piece_rows])
            detail = pl.lit(self.details) if isinstance(self.details, str) else self.details[first : first + said.height]
            yield said.with_columns(rule=pl.lit(self.rule), detail=detail, kept_because=pl.lit(self.kept_because, dtype=pl.String))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """`places` are the rows that are still in, ascending; what they say stays in `table`, by priority and then row id, whatever the order
    they came in. `gone` and `flagged` are what rules said of rows that left and of rows that stayed. Rows still in plus rows gone are
    always all the rows; a flagged row may leave by a later rule. `scratch` is a folder for what need not be in memory, where there is one.
    """

    table: Columns
    places: Places
    gone: tuple[Told, ...] = ()
    flagged: tuple[Told, ...] = ()
    scratch: Path | None = None

    @classmethod
    def of(cls, table: Columns, scratch: Path | None = None) -> "Sieve":
        """All rows, which stand in the order of `in_priority`.

        Raises: IntegrityError where two rows have one id, or an origin is none of ours: the file was not written by the validate stage.
        """
        if twice := _repeated(table, "row_id"):
            raise IntegrityError(f"{len(twice)} row ids occur more than once", where="admitted.parquet", examples=twice)
        if strange := sorted({name for _, part in table.pieces("origin") for name in part["origin"].unique().to_list()} - set(PRIORITY)):
            raise IntegrityError(
                f"{len(strange)} origins are unknown", where="admitted.parquet", expected=", ".join(PRIORITY), examples=strange
            )
        return cls(table=table, places=np.arange(table.height, dtype=np.int64), scratch=scratch)

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
        here, at = self.standing(found["place"].to_numpy())
        order = np.argsort(at, kind="stable")
        return found[here[order]].with_columns(pl.Series("at", at[order], dtype=pl.Int64))

    def standing(self, places: Places) -> tuple[Places, Places]:
        """(which of these rows of the table are still in, where each of them stands now)."""
        if not self.height:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.places, places), self.height - 1)
        here = np.flatnonzero(self.places[at] == places)
        return here, at[here]

    def without(self, at: Places, rule: str, details: Details) -> "Sieve":
        """Rows at these places among those still in leave, each with its detail, or all with one."""
        if not at.size:
            return self
        stays = np.ones(self.height, dtype=np.bool_)
        stays[at] = False
        return replace(self, places=self.places[stays], gone=(*self.gone, Told.of(rule, self.places[at], details)))

    def leaving(self, told: Sequence[Told]) -> "Sieve":
        """The rows leave of which these tell, all of which are still in."""
        stays = np.zeros(self.table.height, dtype=np.bool_)
        stays[self.places] = True
        for one in told:
            stays[one.places] = False
        return replace(self, places=np.flatnonzero(stays), gone=(*self.gone, *(one for one in told if one.places.size)))

    def flagging(self, at: Places, rule: str, details: Details, because: str) -> "Sieve":
        """Rows at these places among those still in stay, and it is written down what spoke against them."""
        if not at.size:
            return self
        return replace(self, flagged=(*self.flagged, Told.of(rule, self.places[at], details, because)))

    def dropped(self) -> pl.DataFrame:
        """All rows that went out, by rule and row id."""
        return pl.concat([DROPPED_SCHEMA.to_frame(), *self.dropped_parts()])

    def dropped_parts(self) -> Iterator[pl.DataFrame]:
        """The same, some after the others."""
        return self._by_rule(self.gone, DROPPED_SCHEMA)

    def left_out(self) -> pl.DataFrame:
        """How many rows each rule took, by name: `rule`, `rows`, `tokens`."""
        nothing = pl.DataFrame(schema={"rule": pl.String, "rows": pl.Int64, "tokens": pl.Int64})
        said = (part.select("rule", "tokens", rows=pl.lit(1)) for told in self.gone for part in told.lines(self.table, ("tokens",)))
        counted = (part.group_by("rule").agg(pl.col("rows", "tokens").sum()).select(nothing.columns).cast(nothing.schema) for part in said)
        return pl.concat([nothing, *counted]).group_by("rule").agg(pl.col("rows", "tokens").sum()).sort("rule")

    def taken(self, *names: str) -> pl.DataFrame:
        """How many rows (`rows`) each rule took (`rule`), by what they say in these columns."""
        nothing = self.table.read(names, np.zeros(0, dtype=np.int64)).with_columns(rule=pl.lit("none"), rows=pl.lit(0, dtype=pl.Int64))
        said = (part for told in self.gone for part in told.lines(self.table, names))
        counted = [part.group_by("rule", *names).agg(pl.len().cast(pl.Int64).alias("rows")).select(nothing.columns) for part in said]
        return pl.concat([nothing, *counted])

    def spared(self) -> pl.DataFrame:
        """All rows that a rule spoke against and that are still in, by rule and row id."""
        stays = np.zeros(self.table.height, dtype=np.bool_)
        stays[self.places] = True
        return pl.concat([FLAGGED_SCHEMA.to_frame(), *self._by_rule(tuple(told.where(stays) for told in self.flagged), FLAGGED_SCHEMA)])

    def _by_rule(self, said: Sequence[Told], schema: pl.Schema) -> Iterator[pl.DataFrame]:
        """Lines of the schema, sorted by rule and row id."""
        key = pl.concat_str("rule", _BETWEEN, "row_id").alias(KEY)

        def parts() -> Iterator[pl.DataFrame]:
            for told in said:
                yield from (part.select(*schema.names(), key) for part in told.lines(self.table))

        for run in sorted_runs(parts, sum(told.places.size for told in said), self.scratch, self.table.piece_rows):
            yield run.select(schema.names()).cast(schema)


def in_priority(rows: pl.DataFrame) -> Places:
    """The order of a table: by priority of `origin`, then by `row_id`; origins that are none of ours come last."""
    return rows.select(pl.arg_sort_by(priority(), "row_id")).to_series().to_numpy().astype(np.int64)


def priority() -> pl.Expr:
    """The priority number of `origin`, which is one digit."""
    return pl.col("origin").replace_strict(list(PRIORITY), list(PRIORITY.values()), default=len(PRIORITY), return_dtype=pl.Int8)


def _repeated(table: Columns, name: str) -> list[str]:
    """Every value that occurs more than once, in order; whole values are compared of a few only."""
    alike = table.read((name,), repeats(hashes_of(table, name)))[name]
    found: list[str] = alike.filter(alike.is_duplicated()).unique().sort().to_list()
    return found


def places(mask: pl.Series) -> Places:
    """Where a mask is true."""
    return np.flatnonzero(mask.to_numpy())
