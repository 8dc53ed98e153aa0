"""Kernels on this machine, a few batches at once; rows are put into another order through files, a piece at a time."""

import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from governance.ports.executor import Kernel
from governance.provenance.hashing import Places
from governance.threads import THREADS

BATCH_ROWS = 1 << 13
PIECE_BYTES = 1 << 22
WAITING_ROWS = 256
"""Rows of a piece that wait in memory for others before they are written."""
MOST_PIECES = 256
"""Files that are open at once while rows are dealt out; beyond it pieces grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HereExecutor:
    """See `governance.ports.executor.Executor`. `piece_bytes` is about what a piece of reordered rows may take, as the file counts them.

    A kernel is a pure function that spends its time in tokenizers, numpy and polars, which let go of the interpreter's lock: so batches run
    on threads, as many as there are cores, and come out in their order. As many batches are in memory.
    """

    batch_rows: int = BATCH_ROWS
    piece_bytes: int = PIECE_BYTES
    threads: int = THREADS

    def mapped(self, source: Path, columns: Sequence[str], kernel: Kernel) -> Iterator[pl.DataFrame]:
        waiting: deque[Future[pl.DataFrame]] = deque()
        pool = ThreadPoolExecutor(self.threads)
        try:
            for batch in self._batches(source, list(columns)):
                waiting.append(pool.submit(kernel, batch))
                if len(waiting) >= self.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def gathered(self, source: Path, places: Places, scratch: Path, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        wanted = None if columns is None else list(columns)
        count, whole = _size(source, wanted)
        rows = max(1, self.piece_bytes * max(count, 1) // max(whole, 1), -(-places.size // MOST_PIECES))
        if places.size <= rows:
            yield pl.read_parquet(source, columns=wanted)[places]
            return
        targets = np.full(count, -1, dtype=np.int64)
        targets[places] = np.arange(places.size)
        folder = scratch / "pieces"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for piece in self._dealt(source, wanted, targets, rows, folder):
            yield pl.read_ipc_stream(piece).sort("_target").drop("_target")
            piece.unlink()

    def _dealt(self, source: Path, columns: list[str] | None, targets: Places, rows: int, folder: Path) -> Sequence[Path]:
        """A file for every run of so many targets, with the rows that belong there."""
        count = -(-int(targets.max() + 1) // rows)
        with ExitStack() as opened:
            files = [_Piece(path=folder / f"{number:04}.arrows", opened=opened) for number in range(count)]
            first = 0
            for batch in self._batches(source, columns):
                wanted = targets[first : first + batch.height]
                first += batch.height
                here = batch.with_columns(pl.Series("_target", wanted)).filter(pl.col("_target") >= 0)
                for (number,), part in here.group_by(pl.col("_target") // rows):
                    files[int(number)].take(part)
            for piece in files:
                piece.write()
        return [piece.path for piece in files]

    def _batches(self, source: Path, columns: list[str] | None) -> Iterator[pl.DataFrame]:
        import pyarrow.parquet as pq

        with pq.ParquetFile(source) as file:
            for batch in file.iter_batches(batch_size=self.batch_rows, columns=columns, use_threads=False):
                yield pl.DataFrame(batch)


@dataclass(slots=True, kw_only=True)
class _Piece:
    """A file of rows that come a few at a time: they wait until they are worth a batch of their own, which costs kilobytes."""

    path: Path
    opened: ExitStack
    waiting: list[pl.DataFrame] = field(default_factory=list)
    rows: int = 0
    writer: Any = None

    def take(self, part: pl.DataFrame) -> None:
        self.waiting.append(part)
        self.rows += part.height
        if self.rows >= WAITING_ROWS:
            self.write()

    def write(self) -> None:
        """Rows that wait are written."""
        import pyarrow as pa

        if not self.waiting:
            return
        table = pl.concat(self.waiting, rechunk=True).to_arrow()
        if self.writer is None:
            stream = self.opened.enter_context(pa.OSFile(str(self.path), "wb"))
            self.writer = self.opened.enter_context(pa.ipc.new_stream(stream, table.schema))
        self.writer.write_table(table)
        self.waiting, self.rows = [], 0


def _size(source: Path, columns: list[str] | None) -> tuple[int, int]:
    """(rows of a Parquet file, bytes of these columns or of all of them before they were packed, as the file counts them)."""
    import pyarrow.parquet as pq

    facts = pq.read_metadata(source)
    groups = [facts.row_group(number) for number in range(facts.num_row_groups)]
    parts = [group.column(number) for group in groups for number in range(group.num_columns)]
    return facts.num_rows, sum(p.total_uncompressed_size for p in parts if columns is None or p.path_in_schema.split(".")[0] in columns)
