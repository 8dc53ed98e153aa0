"""Scrubbing: kept releases are hashed in full on schedule, so that a large one may serve again before it is hashed once more."""

from pathlib import Path

from governance.digest import read_document, write_document
from governance.errors import IntegrityError

SCHEMA = "heirloom/scrub/1"


def scrubbed(folder: Path, digest: str) -> str | None:
    """When every byte of this model was last hashed and true; None where it never was, or where the last scrub found it altered.

    The record is a convenience and no proof: whoever trusts it hashes afterwards. One that cannot be read vouches for nothing.
    """
    try:
        at = read_document(_record(folder, digest)).get("at")
    except IntegrityError:
        return None
    return at if isinstance(at, str) else None


def record_scrub(folder: Path, digest: str, at: str, *, true: bool) -> None:
    """Write down that a model was hashed in full at this time; one that was found altered has no scrub any more."""
    if true:
        write_document(_record(folder, digest), {"schema": SCHEMA, "at": at})
    else:
        _record(folder, digest).unlink(missing_ok=True)


def _record(folder: Path, digest: str) -> Path:
    return folder / f"{digest}.json"
