"""People's labels under `.heirloom/labels/`: `SHA256.parquet`, each named by a ledger event and kept for good."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.adapters.named_frames import keep_frame, true_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFolder:
    """See `governance.ports.label_store.LabelStore`."""

    folder: Path

    def keep(self, labels: pl.DataFrame) -> str:
        return keep_frame(self.folder, labels)

    def labels(self, sha256: str) -> pl.DataFrame:
        return pl.read_parquet(true_frame(self.folder, sha256, "the labels that the ledger names"))
