"""The memory of admitted rows under `.heirloom/memory/`: `SHA256.parquet`, of which the ledger names one."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import polars as pl

from governance.digest import digest_bytes, digest_file, write_bytes
from governance.errors import IntegrityError


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFolder:
    """See `governance.ports.memory_store.MemoryStore`."""

    folder: Path

    def settled(self, recorded: str | None) -> Path | None:
        if recorded is None:
            return None
        place = self._place(recorded)
        if not place.is_file() or digest_file(place) != recorded:
            raise IntegrityError(
                "is altered" if place.is_file() else "is missing",
                where=str(place),
                expected="the memory of admitted rows that the ledger names",
                fix="bring the file back from a backup of .heirloom",
            )
        return place

    def keep(self, memory: pl.DataFrame) -> str:
        written = BytesIO()
        memory.write_parquet(written, compression="zstd")
        sha256 = digest_bytes(written.getvalue())
        if not self._place(sha256).is_file():
            write_bytes(self._place(sha256), written.getvalue())
        return sha256

    def forget_others(self, recorded: str) -> None:
        for path in self.folder.glob("*.parquet"):
            if path != self._place(recorded):
                path.unlink(missing_ok=True)

    def _place(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.parquet"
