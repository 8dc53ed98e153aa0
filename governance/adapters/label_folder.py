"""People's labels under `.heirloom/labels/`: `SHA256.parquet`, each named by a ledger event and kept for good; and what was asked."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.adapters.batch.door import write_whole
from governance.adapters.lock import hold
from governance.adapters.named_frames import keep_frame, name_of, true_frame
from governance.ports.clock import Clock
from governance.provenance.labels.asked import ASKED_SCHEMA, asked_too


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFolder:
    """See `governance.ports.label_store.LabelStore`."""

    folder: Path
    clock: Clock

    def keep(self, labels: pl.DataFrame) -> str:
        return keep_frame(self.folder, labels)

    def name(self, labels: pl.DataFrame) -> str:
        return name_of(labels)

    def labels(self, sha256: str) -> pl.DataFrame:
        return pl.read_parquet(true_frame(self.folder, sha256, "the labels that the ledger names"))

    def ask(self, rows: pl.DataFrame) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with hold(self.folder / "lock", "label export", self.clock):
            write_whole(asked_too(self.asked(), rows), self._asked)

    def asked(self) -> pl.DataFrame:
        return pl.read_parquet(self._asked) if self._asked.is_file() else ASKED_SCHEMA.to_frame()

    @property
    def _asked(self) -> Path:
        return self.folder / "asked.parquet"
