"""The inbox: batches that wait, each a file of rows or a folder of such files."""

import re
from collections.abc import Container
from pathlib import Path

from governance.actions.freeze import batch_manifest
from governance.ports.batch import ROW_ENDINGS


def waiting(inbox: Path, done: Container[str]) -> tuple[Path, ...]:
    """Batches whose digest is not among those done, in order of name, numbers in names counted as numbers.

    Hidden files, empty folders and files that are no rows (a note, a checksum) do not wait. A link to a folder
    or named like rows does, and is refused.
    """
    if not inbox.is_dir():
        return ()
    found = sorted((path for path in inbox.iterdir() if _is_batch(path)), key=_by_number)
    return tuple(path for path in found if batch_manifest(path).digest not in done)


def _is_batch(path: Path) -> bool:
    if path.name.startswith("."):
        return False
    if path.is_dir():
        return path.is_symlink() or any(_is_batch(inner) for inner in path.iterdir())
    return path.name.lower().endswith(ROW_ENDINGS)


def _by_number(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name) if part]
