"""Canonical bytes and the sha256 names made of them: of a document, of a file, of a folder.

A document is JSON by RFC 8785, so that its name can be recomputed elsewhere. DVC's md5 is never taken for proof of anything.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.errors import IntegrityError

CHUNK_BYTES = 1 << 20


_PLAIN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
_LARGEST = 2**53 - 1
_HALF = re.compile("[\ud800-\udfff]")


def canonical_bytes(document: object) -> bytes:
    """RFC 8785 bytes of a JSON document; tuples count as arrays.

    Texts, whole numbers and keys in ASCII are written by the standard library, in the same bytes and a fraction of the time.
    """
    if _is_plain(document):
        return _PLAIN.encode(document).encode("utf-8", "strict")
    import rfc8785

    return rfc8785.dumps(document)  # type: ignore[arg-type]


def _is_plain(value: Any) -> bool:
    """True where RFC 8785 asks for nothing that `json` does not do: no fraction, no other order of keys, no half character."""
    kind = type(value)
    if kind is str:
        return bool(value.isascii()) or not _HALF.search(value)
    if kind is int:
        return bool(-_LARGEST <= value <= _LARGEST)
    if kind is dict:
        return all(type(key) is str and key.isascii() and _is_plain(inner) for key, inner in value.items())
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))
    return value is None or kind is bool


def digest_document(document: object) -> str:
    """The sha256, in hex, of the canonical bytes of a document."""
    return hashlib.sha256(canonical_bytes(document)).hexdigest()


def digest_text(text: str) -> str:
    """The sha256, in hex, of the UTF-8 bytes of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_bytes(content: bytes) -> str:
    """The sha256, in hex, of some bytes."""
    return hashlib.sha256(content).hexdigest()


def digest_file(path: Path) -> str:
    """The sha256, in hex, of the bytes of a file, read in bounded memory."""
    seen = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            seen.update(chunk)
    return seen.hexdigest()


def read_document(path: Path) -> dict[str, Any]:
    """A JSON document from disk.

    Raises: IntegrityError when the file is missing or is no JSON object.
    """
    try:
        document = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise IntegrityError(f"cannot be read as JSON: {error}", where=str(path)) from error
    if not isinstance(document, dict):
        raise IntegrityError("is not a JSON object", where=str(path))
    return document


def write_document(path: Path, document: object) -> str:
    """Write canonical JSON, whole or not at all, and return its digest."""
    write_bytes(path, canonical_bytes(document) + b"\n")
    return digest_document(document)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, and never half of them, whatever is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def swap_folder(part: Path, place: Path) -> None:
    """A finished folder in the place of the one that may lie there; a kill between the two renames leaves the old one `set_aside`."""
    old = set_aside(place)
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    part.rename(place)
    sync_folder(place.parent)
    shutil.rmtree(old, ignore_errors=True)


def set_aside(place: Path) -> Path:
    """Where `swap_folder` keeps the old folder until the new one is in its place."""
    return place.with_name(f".{place.name}.old")


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FileDigest:
    """One file of a folder: its path inside (posix), its size in bytes, its sha256 in hex."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a folder holds, file by file in order of path; its digest is the name of the folder's content."""

    files: tuple[FileDigest, ...]

    @classmethod
    def of(cls, folder: Path) -> "Manifest":
        """Hash every file below a folder.

        Raises: IntegrityError when the folder is missing or holds a link: what a link points to is not in the folder.
        """
        if not folder.is_dir():
            raise IntegrityError("is missing", where=str(folder), expected="a folder")
        files = []
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                raise IntegrityError("is a symbolic link", where=str(path), expected="plain files only")
            if path.is_file():
                inside = path.relative_to(folder).as_posix()
                files.append(FileDigest(path=inside, size=path.stat().st_size, sha256=digest_file(path)))
        return cls(files=tuple(sorted(files)))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Manifest":
        """The inverse of `document`: `Manifest.from_document(m.document()) == m`."""
        return cls(files=tuple(FileDigest(**entry) for entry in document["files"]))

    def document(self) -> dict[str, Any]:
        """The manifest as JSON."""
        return {
            "schema": "heirloom/manifest/1",
            "files": [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in self.files],
        }

    @property
    def digest(self) -> str:
        """The sha256 name of the folder's content."""
        return digest_document(self.document())

    @property
    def size(self) -> int:
        """Bytes in all files together."""
        return sum(f.size for f in self.files)

    def differences(self, folder: Path) -> Sequence[str]:
        """What is not as recorded, a phrase each: missing, extra, altered files. Empty means that the folder is true."""
        said, plain = self._names(folder)
        for recorded, path in plain:
            if (sha256 := digest_file(path)) != recorded.sha256:
                said.append(f"{recorded.path} is {sha256[:12]}, recorded as {recorded.sha256[:12]}")
        return said

    def glance(self, folder: Path) -> Sequence[str]:
        """What names and sizes alone show to be other than recorded, in no time; empty proves nothing about the bytes."""
        said, plain = self._names(folder)
        for recorded, path in plain:
            if (size := path.stat().st_size) != recorded.size:
                said.append(f"{recorded.path} has {size} bytes, recorded with {recorded.size}")
        return said

    def _names(self, folder: Path) -> tuple[list[str], list[tuple[FileDigest, Path]]]:
        """Files that are missing, extra or links, a phrase each; and the plain files that are recorded."""
        if not folder.is_dir():
            return [f"{folder.name} is missing"], []
        expected = {f.path: f for f in self.files}
        found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_symlink() or p.is_file()}
        said = [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
        said += [f"{name} is extra" for name in sorted(found.keys() - expected.keys())]
        both = sorted(expected.keys() & found.keys())
        said += [f"{name} is a symbolic link" for name in both if found[name].is_symlink()]
        return said, [(expected[name], found[name]) for name in both if not found[name].is_symlink()]
