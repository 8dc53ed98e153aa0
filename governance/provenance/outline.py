"""The shape of a batch in counts that fit in memory whatever its size: how long its texts are, and from which years."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from governance.provenance.last_batch import LastBatch

Histogram = Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutline:
    """Admitted rows by characters of the text, and by year of the vintage where it is known."""

    characters: Histogram = field(default_factory=dict)
    years: Histogram = field(default_factory=dict)
    last: LastBatch | None = None
    """The batch before it, where there is one to be held against."""

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "BatchOutline":
        """The outline of rows of the row schema."""
        return cls(characters=_histogram(rows["text"].str.len_chars()), years=_histogram(rows["vintage"].dt.year().drop_nulls()))

    def __add__(self, other: "BatchOutline") -> "BatchOutline":
        """The outline of both parts together."""
        return BatchOutline(characters=_added(self.characters, other.characters), years=_added(self.years, other.years))

    def characters_at(self, percent: int) -> int:
        """The fewest characters that at least this percentage of the rows does not exceed; 0 where there is no row."""
        total, seen = sum(self.characters.values()), 0
        for length in sorted(self.characters):
            seen += self.characters[length]
            if seen * 100 >= percent * total:
                return length
        return 0


def _histogram(values: pl.Series) -> Histogram:
    counted = values.alias("value").value_counts(name="rows").sort("value")
    return dict(zip(counted["value"].to_list(), counted["rows"].to_list(), strict=True))


def _added(one: Histogram, other: Histogram) -> Histogram:
    return {key: one.get(key, 0) + other.get(key, 0) for key in {*one, *other}}
