"""The queue as a CSV file for people: no cell of it is a formula to a spreadsheet, and what a spreadsheet saves is read back without loss.

A cell that could begin a formula, or that a spreadsheet would rewrite as a number or a date, carries an apostrophe in front.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from governance.adapters.report.visible import csv_cell, csv_text, visible
from governance.digest import digest_text
from governance.errors import UsageError
from governance.provenance.labels.queue import QUEUE_SCHEMA
from governance.provenance.labels.sheet import Line

SEEN = ("row_id", "sha256", "source_file", "line", "slice", "why", "reasons", "origin", "generator", "generator_version", "label")
WRITTEN = ("new_origin", "new_generator", "new_generator_version", "note")
COLUMNS = (*SEEN, *WRITTEN, "text")
SHOWN_CHARACTERS = 30_000
"""A spreadsheet's cell holds 32,767 characters; a longer text is shown cut."""
LARGEST_BYTES = 256_000_000
DELIMITERS = ",;\t"
_NUMBERS = ("line", "label")
_BOM = "utf-8-sig"
"""With a byte order mark, by which spreadsheets know UTF-8."""


def write_sheet(path: Path, queue: pl.DataFrame) -> None:
    """A new file with a line for every queued row.

    Raises: UsageError where the file exists: somebody's answers may stand in it.
    """
    try:
        stream = path.open("x", encoding=_BOM, newline="")
    except OSError as error:
        there = isinstance(error, FileExistsError)
        fix = "name a file that is not there yet" if there else "name a file in a folder that you can write to"
        raise UsageError("exists" if there else f"cannot be written: {error.strerror}", where=str(path), fix=fix) from error
    with stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(COLUMNS)
        for row in queue.select(QUEUE_SCHEMA.names()).iter_rows(named=True):
            shown = {**row, "text": shown_text(row["text"])}
            writer.writerow([str(shown[name]) if name in _NUMBERS else _cell(shown.get(name) or "") for name in COLUMNS])


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
    records = _records(path)
    header = tuple(csv_text(name).strip() for name in records[0][1]) if records else ()
    if missing := [name for name in COLUMNS if name not in header and name != "text"]:
        raise UsageError(f"has no column {missing[0]!r}", where=str(path), expected=", ".join(COLUMNS))
    if len(set(header)) < len(header):
        raise UsageError("names a column twice", where=str(path))
    if odd := [f"line {number}" for number, cells in records[1:] if len(cells) != len(header)]:
        raise UsageError(f"{len(odd)} lines have more or fewer cells than the header", where=str(path), examples=odd)
    return tuple(_line(number, dict(zip(header, cells, strict=True)), shown) for number, cells in records[1:])


def _cell(text: str) -> str:
    return f"'{text}" if text[:1].isdigit() else csv_cell(text)


def _records(path: Path) -> list[tuple[int, Sequence[str]]]:
    """(line that it begins on, cells) of every record that holds anything."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageError(f"has {path.stat().st_size:,} bytes", where=str(path), expected=f"at most {LARGEST_BYTES:,}")
        with path.open(encoding=_BOM, newline="") as stream:
            first = stream.readline()
            stream.seek(0)
            delimiter = max(DELIMITERS, key=first.count)
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            found: list[tuple[int, Sequence[str]]] = []
            begins = 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    found.append((begins, cells))
                begins = reader.line_num + 1
            return found
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8", where=str(path), fix="save it as CSV UTF-8") from error
    except csv.Error as error:
        raise UsageError(f"is no CSV: {error}", where=str(path)) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from error


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
