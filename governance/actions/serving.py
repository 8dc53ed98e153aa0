"""The serving pointer: one small file that says which bytes serve. A reader sees the old pointer or the new one, never half of one."""

import json
from dataclasses import dataclass
from pathlib import Path

from governance.digest import canonical_bytes, sync_folder, write_bytes
from governance.errors import DependencyError, IntegrityError

SCHEMA = "heirloom/serving/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Version, folder and manifest digest of what serves. `path` is relative to the workspace, so that a moved workspace still serves."""

    version: int
    path: str
    digest: str


def read_pointer(path: Path) -> Pointer | None:
    """What serves now; None where nothing does.

    Raises: IntegrityError where the file is no pointer; DependencyError where it cannot be read.
    """
    try:
        found = json.loads(path.read_bytes())
        return Pointer(version=int(found["version"]), path=str(found["path"]), digest=str(found["digest"]))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DependencyError(f"the serving pointer cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError("is no serving pointer", where=str(path), fix="heirloom reconcile writes it anew") from error


def write_pointer(path: Path, pointer: Pointer) -> None:
    """Point serving at a release. Raises: DependencyError where the disk refuses."""
    document = {"schema": SCHEMA, "version": pointer.version, "path": pointer.path, "digest": pointer.digest}
    try:
        write_bytes(path, canonical_bytes(document) + b"\n")
    except OSError as error:
        raise DependencyError(f"the serving pointer cannot be written: {error.strerror}", where=str(path)) from error


def drop_pointer(path: Path) -> None:
    """Let nothing serve: the first promotion was undone. Idempotent. Raises: DependencyError where the disk refuses."""
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)
    except OSError as error:
        raise DependencyError(f"the serving pointer cannot be removed: {error.strerror}", where=str(path)) from error
