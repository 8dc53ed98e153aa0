"""Files that a batch cannot hold, known by their first bytes or their endings: they are refused by name and never opened."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from governance.errors import BatchError

HEAD_BYTES = 264
SIGNATURES: Mapping[bytes, str] = MappingProxyType(
    {
        b"PK\x03\x04": "a zip archive",
        b"PK\x05\x06": "a zip archive",
        **{b"BZh%d1AY&SY" % level: "bzip2" for level in range(1, 10)},
        b"\xfd7zXZ\x00": "xz",
        b"(\xb5/\xfd": "zstd",
        b"7z\xbc\xaf\x27\x1c": "a 7z archive",
        b"\x93NUMPY": "a NumPy array",
        b"\x80\x02": "a pickle",
        b"\x80\x03": "a pickle",
        b"\x80\x04": "a pickle",
        b"\x80\x05": "a pickle",
        b"ARROW1\x00\x00": "an Arrow file",
        b"Obj\x01": "Avro",
        b"SQLite format 3\x00": "a SQLite database",
        b"\xd0\xcf\x11\xe0": "an Office document",
        b"%PDF-": "PDF",
        b"\x00\x00\xfe\xff": "UTF-32",
    }
)
"""First bytes -> what they are the first bytes of. None of them begins a text in UTF-8 that is JSON, and no CSV header begins so."""
TAR, TAR_OFFSET = b"ustar", 257
PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".npy", ".npz", ".joblib", ".dill", ".ckpt", ".bin")
PLAIN_FILES = "unpack it, and put plain files of rows into the inbox"


def check_bytes(path: Path, head: bytes) -> None:
    """Raises: BatchError where the first bytes of a file are those of a format that no reader reads."""
    found = next((name for signature, name in SIGNATURES.items() if head.startswith(signature)), None)
    if head[TAR_OFFSET:].startswith(TAR):
        found = "a tar archive"
    if found is not None:
        raise BatchError(f"is {found}, its name says otherwise", where=str(path), fix=PLAIN_FILES)


def unknown_ending(path: Path, expected: str) -> BatchError:
    """The error for a file that no reader reads by its name."""
    if path.suffix.lower() in PICKLES:
        found = "may be a pickle, and opening one runs what is in it: it is not opened"
        return BatchError(found, where=str(path), expected=expected, fix="export the rows as Parquet, JSON Lines or CSV")
    return BatchError("has an ending that no reader knows", where=str(path), expected=expected, fix=PLAIN_FILES)
