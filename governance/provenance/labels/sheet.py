"""What a person wrote into a sheet of queued rows, line by line: a label each, or the first thing that keeps it from being one."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from governance.provenance.claims import NAMELESS, UNKNOWN_GENERATOR
from governance.provenance.labels.label import LABEL_SCHEMA
from governance.provenance.row import Origin
from governance.provenance.row_rules import NAME_CHARACTERS

ORIGINS = tuple(origin.value for origin in Origin)
NOTE_CHARACTERS = 400
_UNSEEN = frozenset(("Cc", "Cf", "Zl", "Zp"))

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a sheet, blanks around its cells taken away; an empty cell is an empty string.

    `label` is the seq of the last label of the row when the sheet was made; None where the person added the line.
    """

    number: int
    row_id: str
    sha256: str
    origin: str
    label: int | None
    new_origin: str = ""
    new_generator: str = ""
    new_generator_version: str = ""
    note: str = ""
    text_holds: bool = True
    """False where the text in the sheet is not the row's."""

    @property
    def key(self) -> Key:
        return self.row_id, self.sha256

    @property
    def decided(self) -> bool:
        """True where the person wrote something."""
        return bool(self.new_origin or self.new_generator or self.new_generator_version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that a line may speak of, as it is known now; `label` is the seq of its last label, 0 where it has none.

    `word` is what that label says, where it counts.
    """

    origin: str | None
    generator: str | None
    generator_version: str | None
    label: int
    queued: bool
    word: tuple[str, str | None, str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A sheet as labels (`LABEL_SCHEMA`), or why it is none: `problems` are the person's to mend, `overtaken` lines came too late."""

    labels: pl.DataFrame
    lines: int
    open: int
    already: int
    problems: tuple[str, ...]
    overtaken: tuple[str, ...]


def read_lines(lines: Sequence[Line], rows: Mapping[Key, Row]) -> Reading:
    """Every line against the row that it speaks of. A line that says what the row's last label says is `already` so."""
    texts: dict[str, set[str]] = {}
    for row_id, sha256 in rows:
        texts.setdefault(row_id, set()).add(sha256)
    found: dict[Key, dict[str, object]] = {}
    problems, overtaken, already = [], [], 0
    for line in (line for line in lines if line.decided):
        row = rows.get(line.key)
        if row is None:
            problems.append(f"line {line.number}: {_unknown(line, texts)}")
        elif row.word == _wanted(line, row):
            already += 1
        elif line.label not in (None, row.label):
            overtaken.append(f"line {line.number}: {line.row_id} was labelled in ledger {row.label} since")
        elif said := _wrong(line, row):
            problems.append(f"line {line.number}: {said}")
        else:
            label = _label(line, row)
            if found.setdefault(line.key, label) != label:
                problems.append(f"line {line.number}: contradicts an earlier line about {line.row_id}")
    return Reading(
        labels=pl.DataFrame(list(found.values()), schema=LABEL_SCHEMA),
        lines=len(lines),
        open=sum(not line.decided for line in lines),
        already=already,
        problems=tuple(problems),
        overtaken=tuple(overtaken),
    )


def _unknown(line: Line, texts: Mapping[str, set[str]]) -> str:
    if line.row_id in texts:
        return f"the sha256 is not that of {_shown(line.row_id)}: its text changed, or the cell did"
    return f"row {_shown(line.row_id)} is unknown" if line.row_id else "no row_id"


def _wrong(line: Line, row: Row) -> str:
    """The first thing that is wrong with a decided line; empty where nothing is."""
    origin, generator, version = _wanted(line, row)
    return _another_row(line, row) or _unfit(line, origin, generator, version) or _unexplained(line, row, origin)


def _another_row(line: Line, row: Row) -> str:
    if line.label is None and line.origin.lower() != (row.origin or ""):
        return f"{_shown(line.row_id)} is {row.origin or 'of no origin'} now: write that into origin, so that it is the row you mean"
    return "" if line.text_holds else f"the text is not the one of {_shown(line.row_id)}: export the row again"


def _unfit(line: Line, origin: str, generator: str | None, version: str | None) -> str:
    if origin not in ORIGINS:
        return (
            f"{_shown(line.new_origin or origin)} is no origin: use {', '.join(ORIGINS)}"
            if origin
            else "new_origin is empty, and the row has no origin"
        )
    if origin == Origin.HUMAN and (line.new_generator or line.new_generator_version):
        return "human, and a generator: leave it out, or say model or hybrid"
    if origin not in (Origin.HUMAN, *NAMELESS) and not (generator and version):
        return f"{origin} needs a generator and its version"
    if odd := [name for name in (generator, version) if name and (len(name) > NAME_CHARACTERS or _unseen(name))]:
        return f"{_shown(odd[0])} is too long, or holds characters that do not show"
    return ""


def _unexplained(line: Line, row: Row, origin: str) -> str:
    if len(line.note) > NOTE_CHARACTERS or _unseen(line.note):
        return f"the note is longer than {NOTE_CHARACTERS} characters, or holds characters that do not show"
    if line.note:
        return ""
    if not row.queued:
        return f"{_shown(line.row_id)} is not in the queue: say in the note why it is labelled"
    if origin == Origin.HUMAN and row.origin != Origin.HUMAN:
        return "a row becomes human only with a note that says how that is known"
    return ""


def _wanted(line: Line, row: Row) -> tuple[str, str | None, str | None]:
    """What the line makes of the row: an empty cell keeps what is there, and a human row has no generator."""
    origin = line.new_origin.lower() or row.origin or ""
    if origin == Origin.HUMAN:
        return origin, None, None
    generator, version = line.new_generator or row.generator, line.new_generator_version or row.generator_version
    if line.new_generator and line.new_generator != row.generator:
        version = line.new_generator_version or None
    return origin, generator or (UNKNOWN_GENERATOR if origin in NAMELESS else None), version


def _label(line: Line, row: Row) -> dict[str, object]:
    origin, generator, version = _wanted(line, row)
    return {
        "row_id": line.row_id,
        "sha256": line.sha256,
        "origin_then": row.origin,
        "generator_then": row.generator,
        "version_then": row.generator_version,
        "origin_now": origin,
        "generator": generator,
        "generator_version": version,
        "after": row.label,
        "queued": row.queued,
        "note": line.note or None,
    }


def _unseen(text: str) -> bool:
    """True where a character does not show: control, formatting (bidi, zero-width) and line-separating ones."""
    return any(unicodedata.category(character) in _UNSEEN for character in text)


def _shown(text: str) -> str:
    """A short text from a cell, safe in a message."""
    return ascii(text[:40])
