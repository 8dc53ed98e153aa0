"""A bundle of evidence: one zip, its files in order of name, no clock in it; written whole or not at all."""

import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from governance.digest import CHUNK_BYTES, canonical_bytes, sync_folder
from governance.errors import UsageError

SCHEMA = "heirloom/evidence/1"
ABOUT = "bundle.json"
PROGRAM = "verify.py"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can hold: no bundle says when it was written."""
PLAIN_FILE = 0o100644 << 16

Pieces = Callable[[], Iterable[bytes]]
"""A file's content, piece by piece, as often as it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into a bundle: a name and a content each. `lacking` says in a sentence each what is not in it."""

    model: str
    version: int
    seq: int
    head: str
    with_text: bool
    members: Mapping[str, Pieces]
    lacking: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A bundle on disk."""

    path: Path
    sha256: str
    size: int
    files: tuple[str, ...]
    lacking: tuple[str, ...]


def program() -> bytes:
    """The auditor's program as it ships."""
    return Path(__file__).with_name(PROGRAM).read_bytes()


def write_bundle(path: Path, contents: Contents) -> Written:
    """Write a bundle to a new file.

    Raises: UsageError where the file exists or its folder cannot be written to.
    """
    if path.exists() or path.is_symlink():
        raise UsageError("exists", where=str(path), fix="name a file that is not there yet")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(path), fix="name a file in a folder that is there") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            _fill(stream, contents)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o644)
        os.link(part, path)  # a file that came up meanwhile is not written over
    except FileExistsError as error:
        raise UsageError("exists", where=str(path), fix="name a file that is not there yet") from error
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
    digest, size = measured(_pieces_of(path)())
    return Written(path=path, sha256=digest, size=size, files=tuple(sorted(contents.members)), lacking=tuple(contents.lacking))


def of_bytes(content: bytes) -> Pieces:
    """A content that is in memory."""
    return lambda: (content,)


def _pieces_of(path: Path) -> Pieces:
    def pieces() -> Iterator[bytes]:
        with path.open("rb") as stream:
            while piece := stream.read(CHUNK_BYTES):
                yield piece

    return pieces


def of_file(path: Path) -> Pieces:
    """A content that is in a file."""
    return _pieces_of(path)


def about(contents: Contents) -> dict[str, Any]:
    """bundle.json: of what, from which ledger, every file by its sha256, and what is not in it."""
    files = {name: measured(pieces()) for name, pieces in sorted(contents.members.items())}
    return {
        "schema": SCHEMA,
        "model": contents.model,
        "version": contents.version,
        "ledger": {"seq": contents.seq, "head": contents.head},
        "with_text": contents.with_text,
        "files": {name: {"sha256": digest, "bytes": size} for name, (digest, size) in files.items()},
        "not_in_it": list(contents.lacking),
    }


def measured(pieces: Iterable[bytes]) -> tuple[str, int]:
    """The sha256 and the size of a content."""
    seen, size = sha256(), 0
    for piece in pieces:
        seen.update(piece)
        size += len(piece)
    return seen.hexdigest(), size


def _fill(stream: Any, contents: Contents) -> None:
    members = {**contents.members, ABOUT: of_bytes(canonical_bytes(about(contents)) + b"\n")}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            told = zipfile.ZipInfo(name, date_time=EPOCH)
            told.compress_type, told.external_attr, told.create_system = zipfile.ZIP_DEFLATED, PLAIN_FILE, 3
            with archive.open(told, "w", force_zip64=True) as target:
                for piece in members[name]():
                    target.write(piece)
