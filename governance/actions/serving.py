"""The serving pointer: one small file that says which bytes serve. A reader sees the old pointer or the new one, never half of one."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from governance.digest import canonical_bytes, sync_folder, write_bytes
from governance.errors import DependencyError, IntegrityError

SCHEMA = "heirloom/serving/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What gets `percent` of the traffic until the moment `until`. Who serves sends it none from then on, whatever the file still says."""

    version: int
    path: str
    digest: str
    percent: int
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Version, folder and manifest digest of what serves. `path` is relative to the workspace, so that a moved workspace still serves."""

    version: int
    path: str
    digest: str
    canary: Share | None = None
    """What stands beside it; a reader that knows of none lets the champion serve alone, which is always right."""


def read_pointer(path: Path) -> Pointer | None:
    """What serves now; None where nothing does.

    Raises: IntegrityError where the file is no pointer; DependencyError where it cannot be read.
    """
    try:
        found = json.loads(path.read_bytes())
        beside = _share(found.get("canary"))
        return Pointer(version=int(found["version"]), path=str(found["path"]), digest=str(found["digest"]), canary=beside)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DependencyError(f"the serving pointer cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError("is no serving pointer", where=str(path), fix="heirloom reconcile writes it anew") from error


def write_pointer(path: Path, pointer: Pointer) -> None:
    """Point serving at a release. Raises: DependencyError where the disk refuses."""
    document: dict[str, object] = {"schema": SCHEMA, "version": pointer.version, "path": pointer.path, "digest": pointer.digest}
    if pointer.canary is not None:
        document["canary"] = asdict(pointer.canary)
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


def _share(found: Any) -> Share | None:
    if found is None:
        return None
    return Share(
        version=int(found["version"]),
        path=str(found["path"]),
        digest=str(found["digest"]),
        percent=int(found["percent"]),
        until=str(found["until"]),
    )
