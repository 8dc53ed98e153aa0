"""Where rows that releases were trained on lie: files by their sha256, each of which a ledger event names."""

from typing import Protocol

import polars as pl


class RowStore(Protocol):
    """Keeping comes before the ledger hears of it: a kill in between leaves a file that nothing names."""

    def keep(self, rows: pl.DataFrame) -> str:
        """Write rows (`EARLIER_SCHEMA`), whole or not at all, and return the sha256 of the file."""

    def rows(self, sha256: str) -> pl.DataFrame:
        """The rows in a file that the ledger names. Raises: IntegrityError where it is gone or altered."""
