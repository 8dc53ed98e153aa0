"""What every row of a corpus declares, counted: rows and tokens by origin and vintage, source tier, slice and generator.

Nothing is sampled here, and memory is bounded by the number of names, not of rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from governance.errors import BatchError
from governance.provenance.aliases import FOUND, suggestions
from governance.provenance.corpus.rows import UNKNOWN
from governance.provenance.row import Origin

DECLARED_SYNTHETIC = (Origin.MODEL.value, Origin.HYBRID.value, Origin.EXPOSED.value, Origin.WEAK.value)
"""Origins that somebody declared and that are not human. `unknown` is neither: nobody said anything."""
ORIGINS = (Origin.HUMAN.value, *DECLARED_SYNTHETIC, Origin.UNKNOWN.value)
GROUPS = ("vintage", "source_tier", "slice")
MOST_NAMES = 50_000
"""Combinations of slice, tier and vintage, or of generator and version, beyond which a column holds no classes but names of rows."""

_CLASSES = (*GROUPS, "origin")
_SPELLINGS = ("generator", "generator_version", FOUND, "origin")
_COUNTED = {"rows": pl.Int64(), "tokens": pl.Int64()}


def _empty(columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(schema={**dict.fromkeys(columns, pl.String()), **_COUNTED})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """Counts of the rows that hold a text; `left_out` counts the others by rule, `troubles` doubtful labels by rule."""

    classes: pl.DataFrame = field(default_factory=lambda: _empty(_CLASSES))
    spellings: pl.DataFrame = field(default_factory=lambda: _empty(_SPELLINGS))
    characters: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    troubles: Mapping[str, int] = field(default_factory=dict)

    def with_rows(self, rows: pl.DataFrame, left_out: Mapping[str, int], troubles: Mapping[str, int]) -> "Tally":
        """The tally with more rows: audited ones that hold a text, with their `tokens`.

        Raises: BatchError where slices, tiers or generators are as many as rows.
        """
        named = rows.filter(pl.col("generator").is_not_null())
        return Tally(
            classes=_bounded(_counted(self.classes, rows, _CLASSES), "slice or source_tier"),
            spellings=_bounded(_counted(self.spellings, named, _SPELLINGS), "generator or generator_version"),
            characters=self.characters + int(rows["text"].str.len_chars().sum()),
            left_out=_added(self.left_out, left_out),
            troubles=_added(self.troubles, troubles),
        )

    @property
    def rows(self) -> int:
        return int(self.classes["rows"].sum())

    @property
    def tokens(self) -> int:
        return int(self.classes["tokens"].sum())

    def declared(self) -> Mapping[str, Mapping[str, int]]:
        """Origin -> rows and tokens, every origin that occurs, in the order of `ORIGINS`."""
        return _by_origin(self.classes)

    def groups(self, column: str) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """Name of a vintage, tier or slice -> origin -> rows and tokens; vintages in order, unknown last; the others by rows."""
        sums = self.classes.group_by(column).agg(pl.col("rows").sum())
        by = (pl.col(column) == UNKNOWN) if column == "vintage" else -pl.col("rows")
        order = sums.sort(by, column)
        parts = self.classes.partition_by(column, as_dict=True)
        return {name: _by_origin(parts[(name,)]) for name in order[column]}

    def generators(self) -> list[dict[str, Any]]:
        """A line per reviewed name, most rows first: rows, tokens, rows without a version, and the spellings that were brought to it."""
        sums = self.spellings.group_by("generator").agg(
            pl.col("rows", "tokens").sum(),
            pl.col("rows").filter(pl.col("generator_version").is_null()).sum().alias("unknown_version"),
            pl.col("generator_version").drop_nulls().n_unique().alias("versions"),
            pl.col(FOUND).filter(pl.col(FOUND) != pl.col("generator")).unique().sort().alias("spellings"),
        )
        return sums.sort("rows", "generator", descending=[True, False]).to_dicts()

    def alias_suggestions(self, aliases: Mapping[str, str]) -> Mapping[str, str]:
        """Unreviewed spelling -> the name that it is only like; nothing is merged by likeness."""
        return suggestions({one["generator"]: one["rows"] for one in self.generators()}, aliases)


def _counted(before: pl.DataFrame, rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    fresh = rows.group_by(columns).agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("tokens").sum())
    together = pl.concat([before, fresh.select(before.columns)])
    return together.group_by(columns).agg(pl.col("rows", "tokens").sum()).sort(columns)


def _bounded(counted: pl.DataFrame, column: str) -> pl.DataFrame:
    if counted.height > MOST_NAMES:
        raise BatchError(
            f"{column} takes more than {MOST_NAMES:,} values",
            expected="classes of rows, not names of rows",
            fix="map another column, or a constant: --map slice=constant:all",
        )
    return counted


def _by_origin(classes: pl.DataFrame) -> Mapping[str, Mapping[str, int]]:
    sums = {name: (rows, tokens) for name, rows, tokens in classes.group_by("origin").agg(pl.col("rows", "tokens").sum()).iter_rows()}
    return {name: {"rows": sums[name][0], "tokens": sums[name][1]} for name in ORIGINS if name in sums}


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}
