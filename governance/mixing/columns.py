"""The columns of a batch, so that a rule has those in memory that it looks at, of as many rows as it looks at, and no others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
import polars as pl

from governance.provenance.hashing import Hashes, Places

PIECE_ROWS = 1 << 17
"""Rows that are looked at in one go where all rows are looked at."""
MOST_FILES = 1 << 6
"""Into so many runs of rows others are dealt at most while they are put into order; beyond it runs grow."""


class Columns(Protocol):
    """The columns of some rows, which never change; more can be put beside them."""

    @property
    def height(self) -> int:
        """How many rows there are."""

    @property
    def piece_rows(self) -> int:
        """How many of them are looked at in one go."""

    def read(self, names: tuple[str, ...], places: Places | None = None) -> pl.DataFrame:
        """These columns of all rows, or of the rows at these places in their order."""

    def pieces(self, *names: str) -> Iterator[tuple[int, pl.DataFrame]]:
        """(place of the first row, these columns) of consecutive rows, until all were there."""

    def gathered(self, names: tuple[str, ...], places: Places) -> Iterator[pl.DataFrame]:
        """These columns of the rows at these places in their order, some rows after the others; a place is named once at most."""

    def plus(self, column: pl.Series) -> "Columns":
        """The same with one more column, named as the series is."""

    def filled(self, parts: Iterable[pl.DataFrame]) -> "Columns":
        """The same with the columns of these rows, which are all rows, some after the others.

        Raises: ValueError where they are more or fewer.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameColumns:
    """Columns in memory."""

    frame: pl.DataFrame
    piece_rows: int = PIECE_ROWS

    @property
    def height(self) -> int:
        return self.frame.height

    def read(self, names: tuple[str, ...], places: Places | None = None) -> pl.DataFrame:
        found = self.frame.select(names)
        return found if places is None else found[places]

    def pieces(self, *names: str) -> Iterator[tuple[int, pl.DataFrame]]:
        for number, part in enumerate(self.frame.select(names).iter_slices(self.piece_rows)):
            yield number * self.piece_rows, part

    def gathered(self, names: tuple[str, ...], places: Places) -> Iterator[pl.DataFrame]:
        yield self.read(names, places)

    def plus(self, column: pl.Series) -> "FrameColumns":
        return self.filled([column.to_frame()])

    def filled(self, parts: Iterable[pl.DataFrame]) -> "FrameColumns":
        found = list(parts)
        if (done := sum(part.height for part in found)) != self.height:
            raise ValueError(f"{done} rows, not {self.height}")
        return replace(self, frame=self.frame.with_columns(pl.concat(found).get_columns())) if found else self


@dataclass(frozen=True, slots=True, kw_only=True)
class FileColumns:
    """Every run of `piece_rows` rows of a column in an Arrow file of its own: in memory only what was just asked for is, and one such run.

    Rows in another order are dealt into files by where they go, and each file is put into order by itself.
    """

    folder: Path
    height: int
    piece_rows: int = PIECE_ROWS

    def read(self, names: tuple[str, ...], places: Places | None = None) -> pl.DataFrame:
        return pl.DataFrame([self._all(name) if places is None else self._chosen(name, places) for name in names])

    def pieces(self, *names: str) -> Iterator[tuple[int, pl.DataFrame]]:
        for number in range(self._files if self.height else 0):
            yield number * self.piece_rows, pl.DataFrame([self._piece(name, number) for name in names])

    def gathered(self, names: tuple[str, ...], places: Places) -> Iterator[pl.DataFrame]:
        rows = max(self.piece_rows, -(-places.size // MOST_FILES))
        if places.size <= rows:
            yield self.read(names, places)
            return
        with TemporaryDirectory(dir=self.folder) as name:
            self._deal(names, places, rows, Path(name))
            for number in range(-(-places.size // rows)):
                files = sorted(Path(name).glob(f"{number}.*"))
                yield pl.concat([pl.read_ipc(file) for file in files]).sort("_at").drop("_at")
                for file in files:
                    file.unlink()

    def plus(self, column: pl.Series) -> "FileColumns":
        if column.len() != self.height:
            raise ValueError(f"column {column.name} has {column.len()} rows, not {self.height}")
        return self.filled(column.to_frame().iter_slices(self.piece_rows))

    def filled(self, parts: Iterable[pl.DataFrame]) -> "FileColumns":
        done, number = 0, 0
        for number, part in enumerate(_recut(parts, self.piece_rows)):
            done += part.height
            for column in part:
                column.to_frame().write_ipc(self._path(column.name, number))
        if done != self.height:
            raise ValueError(f"{done} rows, not {self.height}")
        return self

    @property
    def _files(self) -> int:
        return max(1, -(-self.height // self.piece_rows))

    def _piece(self, name: str, number: int) -> pl.Series:
        return pl.read_ipc(self._path(name, number))[name]

    def _all(self, name: str) -> pl.Series:
        return pl.concat([self._piece(name, number) for number in range(self._files)]).rechunk()

    def _chosen(self, name: str, places: Places) -> pl.Series:
        order = None if (np.diff(places) >= 0).all() else np.argsort(places, kind="stable")
        ascending = places if order is None else places[order]
        found = [self._piece(name, 0)[:0]]
        found += [self._piece(name, number)[here - number * self.piece_rows] for number, here in self._runs(ascending)]
        column = pl.concat(found).rechunk()
        if order is None:
            return column
        back = np.empty_like(order)
        back[order] = np.arange(order.size)
        return column[back]

    def _runs(self, ascending: Places) -> Iterator[tuple[int, Places]]:
        """(number of a piece, the places that lie in it) for every piece that any place lies in."""
        edges = np.searchsorted(ascending, np.arange(self._files + 1) * self.piece_rows).tolist()
        for number in range(self._files):
            if edges[number] < edges[number + 1]:
                yield number, ascending[edges[number] : edges[number + 1]]

    def _deal(self, names: tuple[str, ...], places: Places, rows: int, folder: Path) -> None:
        """Files `RUN.PIECE` with the rows of a piece that go into one run of so many, and where each of them goes (`_at`)."""
        order = np.argsort(places, kind="stable")
        done = 0
        for number, here in self._runs(places[order]):
            at = order[done : done + here.size]
            done += here.size
            columns = [self._piece(name, number)[here - number * self.piece_rows] for name in names]
            for (run,), part in pl.DataFrame([*columns, pl.Series("_at", at)]).group_by(pl.col("_at") // rows):
                part.write_ipc(folder / f"{run}.{number:06}")

    def _path(self, name: str, number: int) -> Path:
        return self.folder / f"{name}.{number:06}.arrow"


def hashes_of(table: Columns, name: str) -> Hashes:
    """A hash in 64 bits of what every row says in a column: alike where rows say the same, and once in a great while where they do not."""
    found = np.zeros(table.height, dtype=np.uint64)
    for first, part in table.pieces(name):
        found[first : first + part.height] = part[name].hash().to_numpy()
    return found


def repeats(hashes: Hashes) -> Places:
    """The places, ascending, of hashes that occur more than once."""
    ordered = np.sort(hashes)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not twice.size:
        return np.zeros(0, dtype=np.int64)
    found = [np.zeros(0, dtype=np.int64)]
    for first in range(0, hashes.size, PIECE_ROWS):
        some = hashes[first : first + PIECE_ROWS]
        near = np.minimum(np.searchsorted(twice, some), twice.size - 1)
        found.append(np.flatnonzero(twice[near] == some) + first)
    return np.concatenate(found)


def _recut(parts: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """The same rows, so many at a time; one frame without rows where there are none."""
    held: list[pl.DataFrame] = []
    given = False
    for part in parts:
        held.append(part)
        while sum(frame.height for frame in held) >= rows:
            whole = pl.concat(held)
            yield whole[:rows].rechunk()
            held, given = [whole[rows:]], True
    if held and (sum(frame.height for frame in held) or not given):
        yield pl.concat(held).rechunk()
