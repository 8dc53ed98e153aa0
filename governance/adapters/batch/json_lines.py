"""JSON Lines: one object a line. A line that is none is refused with its number, and the lines after it are read all the same."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import polars as pl

from governance.adapters.batch import text
from governance.adapters.batch.chunk import Chunk
from governance.adapters.batch.header import rivals
from governance.provenance import unread
from governance.provenance.claims import raw_schema
from governance.provenance.mapping import ColumnMapping
from governance.provenance.success_names import unmapped_success

ENDINGS = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
OURS = "_heirloom"
"""The field that a quarantine file adds: it is read over."""
KEY_SETS = 64
"""Rows of one file mostly have the same keys: so many sets of keys are looked at once and remembered."""
KEPT_BY_REFERENCE = (unread.NOT_UTF8, unread.NOT_JSON, unread.NOT_AN_OBJECT, unread.NOT_A_NUMBER, unread.LINE_TOO_LONG, unread.NOT_MENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    record: Mapping[str, Any]
    rule: str | None = None
    found: str | None = None


class _UnreadError(Exception):
    def __init__(self, rule: str, found: str) -> None:
        super().__init__(rule)
        self.rule, self.found = rule, found


def chunks(path: Path, mapping: ColumnMapping, max_row_bytes: int) -> Iterator[Chunk]:
    """The rows of a file in order; blank lines are no rows, but count as lines."""
    with text.opened(path) as stream:
        written = (line for line in text.lines(stream, text.line_limit(max_row_bytes)) if line.raw is None or line.raw.strip())
        for run in text.runs(written):
            yield _chunk(path, run, mapping)


def _chunk(path: Path, run: Sequence[text.Line], mapping: ColumnMapping) -> Chunk:
    rival, keys = _rival_keys(mapping), set[str]()
    rows = [_row(line, mapping, rival, keys) for line in run]
    raw = pl.DataFrame(rows, schema=raw_schema(mapping), orient="row")
    return Chunk(raw=raw, original=text.originals(path, run, _written), success=unmapped_success(keys, mapping))


def _rival_keys(mapping: ColumnMapping) -> Callable[[tuple[str, ...]], str | None]:
    """Keys of an object -> the first that looks like a key that is read, where both are there."""

    @lru_cache(maxsize=KEY_SETS)
    def rival(keys: tuple[str, ...]) -> str | None:
        found = rivals(keys, mapping)
        return min(f"{_shown(theirs)} beside {_shown(ours)}" for theirs, ours in found.items()) if found else None

    return rival


def _check_rival(two: str | None) -> None:
    if two is not None:
        raise _UnreadError(unread.DUPLICATE_KEY, two)


def _row(line: text.Line, mapping: ColumnMapping, rival: Callable[[tuple[str, ...]], str | None], keys: set[str]) -> tuple[Any, ...]:
    """A line of a raw frame; what the object names is added to `keys`."""
    found = _read(line)
    keys.update(found.record)
    try:
        _check_rival(rival(tuple(found.record)))
        loose = mapping.loose_columns
        ones = [_one(found.record, name, loose=name in loose) for name in mapping.scalar_columns]
        manys = [_many(found.record, name) for name in mapping.list_columns]
    except _UnreadError as error:
        nothing = (None,) * (len(mapping.scalar_columns) + len(mapping.list_columns))
        return (line.number, error.rule, error.found, *nothing)
    return (line.number, found.rule, found.found, *ones, *manys)


def _read(line: text.Line) -> _Read:
    """The object on a line, or the rule that it breaks."""
    if line.raw is None:
        return _Read(record={}, rule=unread.LINE_TOO_LONG, found=f"{line.length} bytes on one line")
    try:
        record = _parsed(line.raw)
    except _UnreadError as error:
        return _Read(record={}, rule=error.rule, found=error.found)
    ours = record.pop(OURS, None)
    return _Read(record=record) if record or not isinstance(ours, dict) else _unmended(ours)


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        record = json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise _UnreadError(unread.NOT_UTF8, f"byte 0x{error.object[error.start]:02x} after {error.start} bytes of the line") from error
    except json.JSONDecodeError as error:
        raise _UnreadError(unread.NOT_JSON, f"{error.msg}, character {error.pos + 1} of the line") from error
    except (ValueError, RecursionError) as error:
        raise _UnreadError(unread.NOT_JSON, f"beyond what can be read: {type(error).__name__}") from error
    if not isinstance(record, dict):
        raise _UnreadError(unread.NOT_AN_OBJECT, f"a {_kind(record)}")
    return record


def _unmended(ours: Mapping[str, Any]) -> _Read:
    bytes_of = f"bytes {ours.get('offset')}+{ours.get('length')} of {str(ours.get('file'))[:80]!r}"
    return _Read(record={}, rule=unread.NOT_MENDED, found=f"a reference to {bytes_of}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) < len(pairs):
        seen: dict[str, Any] = {}
        for name, value in pairs:
            if not _same(seen.setdefault(name, value), value) and name != OURS:
                raise _UnreadError(unread.DUPLICATE_KEY, f"{_shown(name)} twice with different values")
    return built


def _same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: 1, 1.0 and true are equal to Python and are three ids to a reader."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _constant(word: str) -> NoReturn:
    raise _UnreadError(unread.NOT_A_NUMBER, word)


def _one(record: Mapping[str, Any], name: str, *, loose: bool) -> str | None:
    value = record.get(name)
    return str(value) if loose and isinstance(value, float | bool) else _string(value, name)


def _many(record: Mapping[str, Any], name: str) -> list[str | None] | None:
    value = record.get(name)
    if value is None:
        return None
    return [_string(one, name) for one in value] if isinstance(value, list) else [_string(value, name)]


def _string(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, str):
        if value and not value.isascii() and any("\ud800" <= c <= "\udfff" for c in _not_latin(value)):
            raise _UnreadError(unread.LONE_SURROGATE, f"half a character in {_shown(name)}")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _UnreadError(unread.WRONG_TYPE, f"{_shown(name)} is a {_kind(value)}")


def _not_latin(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        return value[error.start : error.end]
    return ""


def _kind(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names[type(value)]


def _shown(name: str) -> str:
    return ascii(name[:40])


def _written(line: text.Line) -> str | None:
    """The line as a JSON object, to the byte as it came unless an earlier quarantine added its field; None where it is no such object."""
    found = _read(line)
    if line.raw is None or found.rule in KEPT_BY_REFERENCE:
        return None
    if OURS.encode() not in line.raw or found.rule == unread.DUPLICATE_KEY:
        return line.raw.decode("utf-8").strip()
    try:
        return json.dumps(found.record, allow_nan=False)
    except ValueError:  # a number beyond what a float holds would come back as another one
        return None
