"""Where the ids of withdrawn rows lie: files by their sha256, each of which a ledger event names."""

from collections.abc import Mapping
from typing import Protocol

import polars as pl


class WithdrawalStore(Protocol):
    """Keeping comes before the ledger hears of it: a kill in between leaves a file that nothing names."""

    def keep(self, rows: pl.DataFrame) -> str:
        """Write `row_id`, `sha256` and `trained` of rows, whole or not at all, and return the sha256 of the file."""

    def all(self, seqs: Mapping[str, int]) -> pl.DataFrame:
        """Every withdrawn row (`RECORDED_SCHEMA`) of the files that the ledger names, file -> seq.

        Raises: IntegrityError where one is gone or altered.
        """
