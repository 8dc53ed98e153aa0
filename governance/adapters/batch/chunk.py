"""A run of rows of one file as a reader hands them out: the mapped columns to judge, and the originals to give back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

CHUNK_ROWS = 16_384
CHUNK_BYTES = 16 << 20
"""A chunk ends at the first of the two, so that memory is bounded by it and not by the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A row as it came: a JSON object as text, or where that cannot be, the bytes of the file that hold it.

    `offset` and `length` are bytes (of the unpacked file where it is gzip), `sha256` is of those bytes.
    """

    record: str | None = None
    offset: int | None = None
    length: int | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        referred = None not in (self.offset, self.length, self.sha256)
        if referred == (self.record is not None):
            raise ValueError("an original is either a record or a reference with offset, length and sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """`raw` is a raw frame (see `governance.provenance.claims`); `original(n)` is the row behind its line n, counted from 0.

    `success` are columns that are not read and by their names say how well a text did.
    """

    raw: pl.DataFrame
    original: Callable[[int], Original]
    success: Sequence[str] = ()
