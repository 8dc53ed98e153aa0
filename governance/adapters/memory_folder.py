"""The memory of admitted rows under `.heirloom/memory/`: `SHA256.parquet`, of which the ledger names one."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.adapters.named_frames import keep_frame, place_of, true_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFolder:
    """See `governance.ports.memory_store.MemoryStore`."""

    folder: Path

    def settled(self, recorded: str | None) -> Path | None:
        if recorded is None:
            return None
        return true_frame(self.folder, recorded, "the memory of admitted rows that the ledger names")

    def keep(self, memory: pl.DataFrame) -> str:
        return keep_frame(self.folder, memory)

    def forget_others(self, recorded: str) -> None:
        for path in self.folder.glob("*.parquet"):
            if path != place_of(self.folder, recorded):
                path.unlink(missing_ok=True)
