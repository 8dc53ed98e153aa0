"""A round of pairs as a sheet for raters, and the votes of a filled one (`governance.adapters.person_sheet`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.person_sheet import SHOWN_CHARACTERS, read_lines, safe_cell, write_lines
from governance.adapters.report.visible import csv_text, visible
from governance.collapse.sides.votes import CHOICES, QUESTIONS, VOTE_SCHEMA
from governance.errors import UsageError

COLUMNS = ("pair_id", "slice", "prompt", "left", "right", *QUESTIONS)
_SHORT = {choice[0]: choice for choice in CHOICES}
_BETWEEN = "\n———\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The votes of a sheet (`VOTE_SCHEMA`), and how many questions were left open."""

    votes: pl.DataFrame
    open: int


def write_side_sheet(path: Path, pairs: pl.DataFrame, prompts: Mapping[str, str]) -> None:
    """A new file with a line a pair and an empty cell a question. Raises: as `write_lines`."""
    write_lines(path, COLUMNS, (_cells(pair, prompts) for pair in pairs.iter_rows(named=True)))


def read_side_sheet(path: Path, pairs: pl.DataFrame, rater: str) -> Filled:
    """The votes of a filled sheet; every line is checked before one counts.

    Raises: UsageError naming at most five lines.
    """
    known = set(pairs["pair_id"])
    rows, problems, left_open, seen = [], [], 0, set()
    for number, cells in read_lines(path, COLUMNS, ("pair_id", *QUESTIONS)):
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


def _cells(pair: Mapping[str, Any], prompts: Mapping[str, str]) -> Sequence[str]:
    sides = (_BETWEEN.join(pair[side]) for side in ("left", "right"))
    shown = (pair["slice"], prompts.get(pair["prompt_id"], ""), *sides)
    return [safe_cell(pair["pair_id"]), *(safe_cell(visible(text, SHOWN_CHARACTERS)) for text in shown), *("" for _ in QUESTIONS)]
