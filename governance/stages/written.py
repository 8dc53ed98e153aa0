"""Rows into a Parquet file while they are made: the same bytes as the whole frame would be written with, and a few row groups in memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl


def write_rows(path: Path, parts: Iterable[pl.DataFrame], schema: pl.Schema, *, row_group_size: int | None = None) -> None:
    """Write the rows, which come some after the others; what goes wrong while they are made is raised as it is."""
    from polars.io.plugins import register_io_source

    def source(*_: object) -> Iterator[pl.DataFrame]:
        yield from parts

    register_io_source(source, schema=schema).sink_parquet(path, row_group_size=row_group_size)
