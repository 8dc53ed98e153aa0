"""A round of pairs as a CSV file for raters, and the votes of a filled one. No cell of it is a formula to a spreadsheet."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.adapters.report.visible import csv_cell, csv_text, visible
from governance.collapse.sides.votes import CHOICES, QUESTIONS, VOTE_SCHEMA
from governance.errors import UsageError

SHOWN_CHARACTERS = 30_000
LARGEST_BYTES = 64_000_000
COLUMNS = ("pair_id", "slice", "prompt", "left", "right", *QUESTIONS)
_BOM = "utf-8-sig"
_SHORT = {choice[0]: choice for choice in CHOICES}
_BETWEEN = "\n———\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The votes of a sheet (`VOTE_SCHEMA`), and how many questions were left open."""

    votes: pl.DataFrame
    open: int


def write_side_sheet(path: Path, pairs: pl.DataFrame, prompts: Mapping[str, str]) -> None:
    """A new file with a line a pair and an empty cell a question.

    Raises: UsageError where the file exists or cannot be written.
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
        for pair in pairs.iter_rows(named=True):
            sides = (_BETWEEN.join(pair[side]) for side in ("left", "right"))
            shown = (pair["slice"], prompts.get(pair["prompt_id"], ""), *sides)
            writer.writerow([pair["pair_id"], *(csv_cell(visible(text, SHOWN_CHARACTERS)) for text in shown), *("" for _ in QUESTIONS)])


def read_side_sheet(path: Path, pairs: pl.DataFrame, rater: str) -> Filled:
    """The votes of a filled sheet; every line is checked before one counts.

    Raises: UsageError naming at most five lines.
    """
    known = set(pairs["pair_id"])
    rows, problems, left_open, seen = [], [], 0, set()
    for number, cells in _records(path):
        pair_id = csv_text(cells["pair_id"]).strip()
        if pair_id not in known or pair_id in seen:
            problems.append(f"line {number}: {pair_id[:40]!a} is {'twice in the sheet' if pair_id in seen else 'no pair of this round'}")
            continue
        seen.add(pair_id)
        for question in QUESTIONS:
            said = csv_text(cells[question]).strip().lower()
            choice = _SHORT.get(said, said)
            if not choice:
                left_open += 1
            elif choice not in CHOICES:
                problems.append(f"line {number}: {question} is {said[:40]!a}: use {', '.join(CHOICES)}")
            else:
                rows.append((pair_id, rater, question, choice))
    if problems:
        raise UsageError(
            f"{len(problems)} cells cannot be read as votes",
            where=str(path),
            examples=problems,
            fix="correct these lines; nothing was recorded and the file is as it was",
        )
    return Filled(votes=pl.DataFrame(rows, schema=VOTE_SCHEMA, orient="row"), open=left_open)


def _records(path: Path) -> Sequence[tuple[int, Mapping[str, str]]]:
    """(line that it begins on, column -> cell) of every record."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UsageError(f"has {path.stat().st_size:,} bytes", where=str(path), expected=f"at most {LARGEST_BYTES:,}")
        with path.open(encoding=_BOM, newline="") as stream:
            first = stream.readline()
            stream.seek(0)
            reader = csv.reader(stream, delimiter=max(",;\t", key=first.count), strict=True)
            header = [csv_text(name).strip() for name in next(reader, [])]
            if missing := [name for name in ("pair_id", *QUESTIONS) if name not in header]:
                raise UsageError(f"has no column {missing[0]!r}", where=str(path), expected=", ".join(COLUMNS))
            found, begins = [], reader.line_num + 1
            for cells in reader:
                if len(cells) not in (0, len(header)):
                    raise UsageError(f"line {begins} has {len(cells)} cells", where=str(path), expected=f"{len(header)}, as the header has")
                if any(cell.strip() for cell in cells):
                    found.append((begins, dict(zip(header, cells, strict=True))))
                begins = reader.line_num + 1
            return found
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8", where=str(path), fix="save it as CSV UTF-8") from error
    except csv.Error as error:
        raise UsageError(f"is no CSV: {error}", where=str(path)) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from error
