"""Withdrawn rows under `.heirloom/withdrawn/`: `SHA256.parquet`, each named by a ledger event and kept for good. No texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.adapters.named_frames import keep_frame, true_frame
from governance.provenance.withdrawn import RECORDED_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFolder:
    """See `governance.ports.withdrawal_store.WithdrawalStore`."""

    folder: Path

    def keep(self, rows: pl.DataFrame) -> str:
        return keep_frame(self.folder, rows.select("row_id", "sha256", "trained").sort("row_id", "sha256"))

    def all(self, seqs: Mapping[str, int]) -> pl.DataFrame:
        parts = [RECORDED_SCHEMA.to_frame()]
        for sha256, seq in seqs.items():
            rows = pl.read_parquet(true_frame(self.folder, sha256, "the withdrawn rows that the ledger names"))
            parts.append(rows.with_columns(pl.lit(seq, dtype=pl.Int64).alias("seq")).select(RECORDED_SCHEMA.names()))
        return pl.concat(parts).sort("row_id", "sha256", "seq")
