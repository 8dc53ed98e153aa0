"""Where work on the rows of a large file is done: on one machine, or on several. Kernels are functions of Arrow batches."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import polars as pl

from governance.provenance.hashing import Places

Kernel = Callable[[pl.DataFrame], pl.DataFrame]
"""A batch of rows -> a row for each of them, in their order. A row of the answer depends on its own row alone: how a file is cut into
batches, and where they are worked on, is the executor's business. A frame of polars is an Arrow batch."""


class Executor(Protocol):
    """Memory is bounded by some batches, whatever the file holds."""

    def mapped(self, source: Path, columns: Sequence[str], kernel: Kernel) -> Iterator[pl.DataFrame]:
        """What a kernel makes of these columns of a Parquet file, in the order of its rows."""

    def gathered(self, source: Path, places: Places, scratch: Path, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """The rows of a Parquet file at these places, each once, in this order, with these columns or with all; `scratch` is a folder for
        what does not fit into memory.
        """
