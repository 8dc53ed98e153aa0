"""The queue of rows that wait for a person as a sheet, and the answers of a filled one (`governance.adapters.person_sheet`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.person_sheet import SHOWN_CHARACTERS, read_lines, safe_cell, write_lines
from governance.adapters.report.visible import csv_text, visible
from governance.digest import digest_text
from governance.provenance.labels.queue import QUEUE_SCHEMA
from governance.provenance.labels.sheet import Line

SEEN = ("row_id", "sha256", "source_file", "line", "slice", "why", "reasons", "origin", "generator", "generator_version", "label")
WRITTEN = ("new_origin", "new_generator", "new_generator_version", "note")
COLUMNS = (*SEEN, *WRITTEN, "text")
_NUMBERS = ("line", "label")


def write_sheet(path: Path, queue: pl.DataFrame) -> None:
    """A new file with a line for every queued row. Raises: as `write_lines`."""
    write_lines(path, COLUMNS, map(_cells, queue.select(QUEUE_SCHEMA.names()).iter_rows(named=True)))


def shown_text(text: str) -> str:
    """A row's text as the sheet shows it: hidden characters as their code points, cut where a cell would be too small."""
    return visible(text, SHOWN_CHARACTERS)[:SHOWN_CHARACTERS]


def shown_digest(shown: str) -> str:
    """The sha256 of a shown text, blanks and line ends aside: spreadsheets rewrite those."""
    return digest_text(" ".join(shown.split()))


def read_sheet(path: Path, shown: Mapping[tuple[str, str], str]) -> tuple[Line, ...]:
    """The lines of a sheet; `shown` is row and sha256 -> digest of the text that was exported.

    Raises: UsageError where the file is no such sheet: then nothing of it is read.
    """
    records = read_lines(path, COLUMNS, [name for name in COLUMNS if name != "text"])
    return tuple(_line(number, cells, shown) for number, cells in records)


def _cells(row: Mapping[str, Any]) -> list[str]:
    shown = {**row, "text": shown_text(row["text"])}
    return [str(shown[name]) if name in _NUMBERS else safe_cell(shown.get(name) or "") for name in COLUMNS]


def _line(number: int, cells: Mapping[str, str], shown: Mapping[tuple[str, str], str]) -> Line:
    said = {name: csv_text(cells[name]).strip() for name in SEEN + WRITTEN}
    text = csv_text(cells.get("text", ""))
    key = said["row_id"], said["sha256"]
    return Line(
        number=number,
        row_id=said["row_id"],
        sha256=said["sha256"],
        origin=said["origin"],
        label=int(said["label"]) if said["label"].isdecimal() else None,
        text_holds=not text.strip() or digest_text(text) == key[1] or shown_digest(text) == shown.get(key),
        **{name: said[name] for name in WRITTEN},
    )
