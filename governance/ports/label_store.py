"""Where labels lie: files by their sha256, each of which a ledger event names. What was said is never written over."""

from typing import Protocol

import polars as pl


class LabelStore(Protocol):
    """Keeping comes before the ledger hears of it: a kill in between leaves a file that nothing names."""

    def keep(self, labels: pl.DataFrame) -> str:
        """Write labels (`LABEL_SCHEMA`), whole or not at all, and return the sha256 of the file."""

    def name(self, labels: pl.DataFrame) -> str:
        """What `keep` would return, with nothing written: what a person signs is named before it is kept."""

    def ask(self, rows: pl.DataFrame) -> None:
        """Keep what people are asked (`ASKED_SCHEMA`): each row once, as it was asked last."""

    def asked(self) -> pl.DataFrame:
        """Every row that people were ever asked about."""

    def labels(self, sha256: str) -> pl.DataFrame:
        """The labels in a file that the ledger names. Raises: IntegrityError where it is gone or altered."""
