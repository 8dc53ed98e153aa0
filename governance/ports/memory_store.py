"""Where the memory of admitted rows lies: files by their sha256, of which the ledger names one."""

from pathlib import Path
from typing import Protocol

import polars as pl


class MemoryStore(Protocol):
    """Writing a new file never touches the one that the ledger names, so a kill in between leaves a memory that is true."""

    def settled(self, recorded: str | None) -> Path | None:
        """The file that the ledger names; None where it names none.

        Raises: IntegrityError where that file is gone or altered.
        """

    def keep(self, memory: pl.DataFrame) -> str:
        """Write a memory, whole or not at all, and return its sha256."""

    def forget_others(self, recorded: str) -> None:
        """Remove every file but the one that the ledger names."""
