"""The columns of a batch, so that a rule has those in memory that it looks at, and no others."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from governance.provenance.hashing import Places


class Columns(Protocol):
    """The columns of some rows, which never change; more can be put beside them."""

    @property
    def height(self) -> int:
        """How many rows there are."""

    def read(self, names: tuple[str, ...], places: Places | None = None) -> pl.DataFrame:
        """These columns of all rows, or of the rows at these places in their order."""

    def plus(self, column: pl.Series) -> "Columns":
        """The same with one more column, named as the series is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameColumns:
    """Columns in memory."""

    frame: pl.DataFrame

    @property
    def height(self) -> int:
        return self.frame.height

    def read(self, names: tuple[str, ...], places: Places | None = None) -> pl.DataFrame:
        found = self.frame.select(names)
        return found if places is None else found[places]

    def plus(self, column: pl.Series) -> "FrameColumns":
        return FrameColumns(frame=self.frame.with_columns(column))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileColumns:
    """Every column in an Arrow file of its own: in memory only what was just asked for is, one whole column at a time at most."""

    folder: Path
    height: int

    def read(self, names: tuple[str, ...], places: Places | None = None) -> pl.DataFrame:
        return pl.DataFrame([self._read(name, places) for name in names])

    def plus(self, column: pl.Series) -> "FileColumns":
        if column.len() != self.height:
            raise ValueError(f"column {column.name} has {column.len()} rows, not {self.height}")
        column.to_frame().write_ipc(self._path(column.name), record_batch_size=_ROWS_OF_A_BATCH)
        return self

    def _read(self, name: str, places: Places | None) -> pl.Series:
        column = pl.read_ipc(self._path(name))[name]
        return column if places is None else column[places]

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.arrow"


_ROWS_OF_A_BATCH = 1 << 18
