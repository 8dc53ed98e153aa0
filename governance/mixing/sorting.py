"""Rows in the order of a text that each of them has, through files: in memory is a run of them, however many they are."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from governance.mixing.columns import MOST_FILES, PIECE_ROWS

KEY = "key"
"""The column that rows are put into order by."""
_SAMPLED = 1 << 8
"""Keys of a part that are looked at to say where runs end."""

Parts = Callable[[], Iterable[pl.DataFrame]]
"""The rows, some after the others; they are asked for twice."""


def sorted_runs(parts: Parts, rows: int, folder: Path | None, run_rows: int = PIECE_ROWS) -> Iterator[pl.DataFrame]:
    """The rows, ascending by KEY, some after the others: `rows` is how many there are, and `folder` where files may lie.

    Keys are distinct, or rows of one key come in any order. A run holds about `run_rows`, and more where that would be too many files;
    without a folder all rows are one run.
    """
    count = 1 if folder is None else min(MOST_FILES, -(-rows // run_rows))
    if count < 2:
        found = list(parts())
        yield from [pl.concat(found).sort(KEY)] if found else ()
        return
    edges = _edges(parts(), count)
    with TemporaryDirectory(dir=folder) as name:
        _deal(parts(), edges, Path(name))
        for number in range(edges.len() + 1):
            files = sorted(Path(name).glob(f"{number}.*"))
            if files:
                yield pl.concat([pl.read_ipc(file) for file in files]).sort(KEY)
            for file in files:
                file.unlink()


def _edges(parts: Iterable[pl.DataFrame], count: int) -> pl.Series:
    """Keys that cut all rows into so many runs, about as long as each other."""
    sample = pl.concat([part[KEY].gather_every(max(1, part.height // _SAMPLED)) for part in parts]).sort()
    return sample.gather([number * sample.len() // count for number in range(1, count)]).unique(maintain_order=True)


def _deal(parts: Iterable[pl.DataFrame], edges: pl.Series, folder: Path) -> None:
    """Files `RUN.PART` with the rows of a part that go into one run."""
    for number, part in enumerate(parts):
        run = pl.Series("_run", edges.search_sorted(part[KEY], side="right"))
        for (at,), rows in part.with_columns(run).group_by("_run"):
            rows.drop("_run").write_ipc(folder / f"{at}.{number:06}")
