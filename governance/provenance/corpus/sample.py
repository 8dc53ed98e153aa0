"""A bounded sample of rows: those whose key falls below a threshold, which is halved whenever they outgrow their room.

So which rows are looked at depends on their ids and texts and not on the order they come in, and a corpus that fits is looked at whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.provenance.corpus.rows import AUDITED_SCHEMA
from governance.provenance.hashing import Hashes, Places, seeded_keys

SEED = 20261
_BITS = np.uint64(64)
_KEY = "key"
SAMPLED_SCHEMA = pl.Schema({**{n: t for n, t in AUDITED_SCHEMA.items() if n != "left_out"}, "tokens": pl.Int64(), _KEY: pl.UInt64()})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """`halvings`: one row in 2 to the power of it is looked at."""

    most_rows: int
    most_characters: int
    parts: Sequence[pl.DataFrame] = ()
    halvings: int = 0
    rows: int = 0
    characters: int = 0

    @property
    def whole(self) -> bool:
        """True where every row is in it."""
        return self.halvings == 0

    def with_rows(self, audited: pl.DataFrame) -> "Sample":
        """The sample of these rows too: audited ones that hold a text, with their `tokens`."""
        names = audited.select(pl.concat_str("row_id", "sha256", separator="/")).to_series()
        keys = pl.Series(_KEY, seeded_keys(names.to_list(), SEED), dtype=pl.UInt64)
        fresh = _below(audited.with_columns(keys).select(SAMPLED_SCHEMA.names()), self.halvings)
        parts, halvings = [*self.parts, fresh], self.halvings
        rows, characters = (before + more for before, more in zip((self.rows, self.characters), _size([fresh]), strict=True))
        while rows > self.most_rows or (characters > self.most_characters and rows > 1):
            halvings += 1
            parts = [_below(part, halvings) for part in parts]
            rows, characters = _size(parts)
        return Sample(
            most_rows=self.most_rows,
            most_characters=self.most_characters,
            parts=[part for part in parts if part.height],
            halvings=halvings,
            rows=rows,
            characters=characters,
        )

    def frame(self) -> pl.DataFrame:
        """The rows in the order of their keys, so that the first of them are a sample too."""
        return pl.concat([SAMPLED_SCHEMA.to_frame(), *self.parts]).sort(_KEY, "row_id", "sha256")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Copies:
    """Texts that occur more than once to the character, over all rows: equal texts are kept or passed over together.

    `hashes` are distinct and in order, `times` is how often each text occurred.
    """

    most: int = 1_000_000
    hashes: Hashes = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    times: Places = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    halvings: int = 0

    def with_rows(self, sha256: Sequence[str]) -> "Copies":
        fresh = seeded_keys(sha256, SEED)
        hashes, owners = np.unique(np.concatenate((self.hashes, fresh)), return_inverse=True)
        times = np.bincount(owners, weights=np.concatenate((self.times, np.ones(fresh.size)))).astype(np.int64)
        halvings, kept = self.halvings, _under(hashes, self.halvings)
        while int(kept.sum()) > self.most:
            halvings += 1
            kept = _under(hashes, halvings)
        return Copies(most=self.most, hashes=hashes[kept], times=times[kept], halvings=halvings)

    @property
    def rows(self) -> int:
        """Rows looked at."""
        return int(self.times.sum())

    @property
    def repeats(self) -> int:
        """Rows looked at whose text another row has, the first of each text not counted."""
        return self.rows - int(self.hashes.size)


def _size(parts: Sequence[pl.DataFrame]) -> tuple[int, int]:
    return sum(part.height for part in parts), sum(int(part["text"].str.len_chars().sum()) for part in parts)


def _below(rows: pl.DataFrame, halvings: int) -> pl.DataFrame:
    return rows if halvings == 0 else rows.filter(pl.col(_KEY) < pl.lit(1 << (64 - halvings), dtype=pl.UInt64))


def _under(hashes: Hashes, halvings: int) -> NDArray[np.bool_]:
    return np.ones(hashes.size, dtype=np.bool_) if halvings == 0 else (hashes >> (_BITS - np.uint64(halvings))) == 0
