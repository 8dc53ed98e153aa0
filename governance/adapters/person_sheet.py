"""A CSV file that people fill in: no cell of it is a formula to a spreadsheet, and what a spreadsheet saves is read back without loss.

A cell that could begin a formula, or that a spreadsheet would rewrite as a number or a date, carries an apostrophe in front; `csv_text`
takes it off again.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from governance.adapters.report.visible import csv_cell, csv_text
from governance.errors import UsageError

SHOWN_CHARACTERS = 30_000
"""A spreadsheet's cell holds 32,767 characters; a longer text is shown cut."""
LARGEST_BYTES = 256_000_000
DELIMITERS = ",;\t"
_BOM = "utf-8-sig"
"""With a byte order mark, by which spreadsheets know UTF-8."""


def write_lines(path: Path, columns: Sequence[str], lines: Iterable[Sequence[str]]) -> None:
    """A new file with a header and these lines.

    Raises: UsageError where the file exists, because somebody's answers may stand in it, or cannot be written.
    """
    try:
        stream = path.open("x", encoding=_BOM, newline="")
    except OSError as error:
        there = isinstance(error, FileExistsError)
        fix = "name a file that is not there yet" if there else "name a file in a folder that you can write to"
        raise UsageError("exists" if there else f"cannot be written: {error.strerror}", where=str(path), fix=fix) from error
    with stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        writer.writerows(lines)


def safe_cell(text: str) -> str:
    """A text as a cell that a spreadsheet takes for text."""
    return f"'{text}" if text[:1].isdigit() else csv_cell(text)


def read_lines(path: Path, columns: Sequence[str], needed: Sequence[str]) -> list[tuple[int, Mapping[str, str]]]:
    """(line that it begins on, column -> cell) of every record that holds anything; `columns` are told to whoever lacks a `needed` one.

    Raises: UsageError where the file is no such sheet: then nothing of it is read.
    """
    records = _records(path)
    header = [csv_text(name).strip() for name in records[0][1]] if records else []
    if missing := [name for name in needed if name not in header]:
        raise UsageError(f"has no column {missing[0]!r}", where=str(path), expected=", ".join(columns))
    if len(set(header)) < len(header):
        raise UsageError("names a column twice", where=str(path))
    if odd := [f"line {number}" for number, cells in records[1:] if len(cells) != len(header)]:
        raise UsageError(f"{len(odd)} lines have more or fewer cells than the header", where=str(path), examples=odd)
    return [(number, dict(zip(header, cells, strict=True))) for number, cells in records[1:]]


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
