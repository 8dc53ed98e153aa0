"""Tables in a folder under their own sha256, `SHA256.parquet`: what is written is never written over, what is altered is not believed."""

from io import BytesIO
from pathlib import Path

import polars as pl

from governance.digest import digest_bytes, digest_file, write_bytes
from governance.errors import IntegrityError


def keep_frame(folder: Path, frame: pl.DataFrame) -> str:
    """Write a table, whole or not at all, and return its name."""
    written = _written(frame)
    sha256 = digest_bytes(written)
    if not place_of(folder, sha256).is_file():
        write_bytes(place_of(folder, sha256), written)
    return sha256


def name_of(frame: pl.DataFrame) -> str:
    """The name under which `keep_frame` would write a table."""
    return digest_bytes(_written(frame))


def _written(frame: pl.DataFrame) -> bytes:
    written = BytesIO()
    frame.write_parquet(written, compression="zstd")
    return written.getvalue()


def true_frame(folder: Path, sha256: str, expected: str) -> Path:
    """The file of that name with those bytes. Raises: IntegrityError where it is gone or altered."""
    place = place_of(folder, sha256)
    if not place.is_file() or digest_file(place) != sha256:
        raise IntegrityError(
            "is altered" if place.is_file() else "is missing",
            where=str(place),
            expected=expected,
            fix="bring the file back from a backup of .heirloom",
        )
    return place


def place_of(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.parquet"
