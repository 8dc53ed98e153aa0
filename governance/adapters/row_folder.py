"""Rows that releases were trained on, texts too, under `.heirloom/rows/`: `SHA256.parquet`, each named by a ledger event."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.adapters.named_frames import keep_frame, true_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFolder:
    """See `governance.ports.row_store.RowStore`."""

    folder: Path

    def keep(self, rows: pl.DataFrame) -> str:
        return keep_frame(self.folder, rows)

    def rows(self, sha256: str) -> pl.DataFrame:
        return pl.read_parquet(true_frame(self.folder, sha256, "the rows of a cycle that the ledger names"))
