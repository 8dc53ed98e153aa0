"""The inbox: batches that wait, each a file of rows or a folder of such files."""

import re
from collections.abc import Container
from pathlib import Path

from governance.actions.freeze import batch_manifest

ROW_FILES = (".parquet", ".jsonl", ".jsonl.gz", ".csv", ".csv.gz")


def waiting(inbox: Path, done: Container[str]) -> tuple[Path, ...]:
    """Batches whose digest is not among those done, in order of name, numbers in names counted as numbers.

    Hidden files, empty folders and files that are no rows (a note, a checksum) do not wait.
    """
    if not inbox.is_dir():
        return ()
    found = sorted((path for path in inbox.iterdir() if _is_batch(path)), key=_by_number)
    return tuple(path for path in found if batch_manifest(path).digest not in done)


def _is_batch(path: Path) -> bool:
    if path.name.startswith("."):
        return False
    return path.name.endswith(ROW_FILES) if path.is_file() else any(_is_batch(inner) for inner in path.iterdir())


def _by_number(path: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name) if part]
