"""Rows that releases were trained on, texts too, under `.heirloom/rows/`: `SHA256.parquet`, each named by a ledger event."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.adapters.named_frames import true_frame
from governance.digest import digest_file, sync_folder
from governance.provenance.earlier import EARLIER_SCHEMA

BATCH_ROWS = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFolder:
    """See `governance.ports.row_store.RowStore`."""

    folder: Path
    batch_rows: int = BATCH_ROWS

    def keep(self, rows: Iterable[pl.DataFrame]) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / ".part"
        _write(rows, part)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        sha256 = digest_file(part)
        part.replace(self.folder / f"{sha256}.parquet")
        sync_folder(self.folder)
        return sha256

    def gather(self, sha256s: Iterable[str], target: Path) -> None:
        files = self._true(sha256s)
        files.sort(key=lambda path: (_cycle(path), path.name))
        ids = pl.concat([pl.Series("row_id", [], pl.String), *(pl.read_parquet(path, columns=["row_id"])["row_id"] for path in files)])
        _write(self._chosen(files, ids.is_last_distinct()), target)

    def frames(self, sha256: str, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        import pyarrow.parquet as pq

        [path] = self._true([sha256])
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=self.batch_rows, use_threads=False, columns=columns and list(columns)):
                yield pl.DataFrame(batch)

    def prove(self, sha256s: Iterable[str]) -> None:
        self._true(sha256s)

    def forget(self, sha256s: Collection[str]) -> None:
        gone = [name for name in self.names() if name in sha256s]
        for name in gone:
            (self.folder / f"{name}.parquet").unlink()
        if gone:
            sync_folder(self.folder)

    def names(self) -> Sequence[str]:
        return sorted(path.stem for path in self.folder.glob("*.parquet"))

    def _true(self, sha256s: Iterable[str]) -> list[Path]:
        return [true_frame(self.folder, sha256, "the rows of a cycle that the ledger names") for sha256 in sha256s]

    def _chosen(self, files: Sequence[Path], mask: pl.Series) -> Iterator[pl.DataFrame]:
        import pyarrow.parquet as pq

        done = 0
        for path in files:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=self.batch_rows, use_threads=False):
                    yield pl.DataFrame(batch).filter(mask[done : done + batch.num_rows])
                    done += batch.num_rows


def _cycle(path: Path) -> int:
    return int(str(pl.read_parquet(path, columns=["cycle"])["cycle"].max() or 0))


def _write(frames: Iterable[pl.DataFrame], target: Path) -> None:
    """The frames as one Parquet file; the same frames give the same bytes."""
    import pyarrow.parquet as pq

    schema = EARLIER_SCHEMA.to_frame().to_arrow().schema
    with pq.ParquetWriter(target, schema, compression="zstd") as written:
        for frame in frames:
            if frame.height:
                written.write_table(frame.select(EARLIER_SCHEMA.names()).cast(EARLIER_SCHEMA).to_arrow().cast(schema))
