"""Where rows that releases were trained on lie: files by their sha256, each of which a ledger event names."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import polars as pl


class RowStore(Protocol):
    """Keeping comes before the ledger hears of it: a kill in between leaves a file that nothing names."""

    def keep(self, rows: Iterable[pl.DataFrame]) -> str:
        """Write frames of rows (`EARLIER_SCHEMA`) into one file, whole or not at all, and return its sha256."""

    def gather(self, sha256s: Iterable[str], target: Path) -> None:
        """Write the rows of files that the ledger names into one, by cycle; of a row in several files, as the last cycle had it.

        No more than some rows are in memory, but for the ids. Raises: IntegrityError where a file is gone or altered.
        """

    def frames(self, sha256: str, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """Some columns, or all, of the rows of a file that the ledger names, some after the others.

        Raises: IntegrityError where it is gone or altered.
        """

    def prove(self, sha256s: Iterable[str]) -> None:
        """Raises: IntegrityError where one of these files is gone or altered."""

    def forget(self, sha256s: Collection[str]) -> None:
        """Delete these files, where they are there."""

    def names(self) -> Sequence[str]:
        """The sha256 that every file there is named by; whether it is true is not asked."""
