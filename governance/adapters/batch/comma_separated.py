"""CSV by RFC 4180 with a header: a record may span lines inside quotation marks, and keeps the number of the line it starts on."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.batch import text
from governance.adapters.batch.chunk import Chunk
from governance.adapters.batch.header import check_header
from governance.errors import BatchError
from governance.provenance import unread
from governance.provenance.claims import raw_schema
from governance.provenance.mapping import ColumnMapping
from governance.provenance.success_names import unmapped_success

ENDINGS = (".csv", ".csv.gz")
QUOTE, COMMA = b'"', b","

_Fields = tuple[list[str], str | None, str | None]


def chunks(path: Path, mapping: ColumnMapping, max_row_bytes: int) -> Iterator[Chunk]:
    """The rows of a file in order, after its header.

    Raises: BatchError where the header is missing, names a column twice, or lacks one that the mapping needs.
    """
    limit = text.line_limit(max_row_bytes)
    csv.field_size_limit(max(limit, csv.field_size_limit()))
    with text.opened(path) as stream:
        found = records(text.lines(stream, limit), limit)
        header = _header(path, next(found, None), mapping)
        for run in text.runs(found):
            yield _chunk(path, run, header, mapping)


def records(found: Iterable[text.Line], limit: int) -> Iterator[text.Line]:
    """Join the lines of each record; `raw` is None where the record is beyond the limit. Blank lines between records are none."""
    parts: list[text.Line] = []
    held = 0
    is_open = False
    for line in found:
        if not parts and line.raw is not None and not line.raw.strip():
            continue
        is_open = left_open(line.raw, is_open=is_open)
        parts.append(line)
        held += line.length + 1
        if held > limit:
            parts = [_span(parts)]
        if not is_open:
            yield _joined(parts)
            parts, held = [], 0
    if parts:
        yield replace(_joined(parts), unread=unread.UNCLOSED_QUOTE)


def left_open(raw: bytes | None, *, is_open: bool) -> bool:
    """Whether a quoted field is still open after a line, as the csv module sees it; a line too long to hold is taken to change nothing."""
    at = 0
    while raw is not None:
        if not is_open:
            at = _opening(raw, at)
            is_open = at > 0
        if not is_open:
            return False
        close = raw.find(QUOTE, at)
        if close < 0:
            return True
        is_open = raw[close + 1 : close + 2] == QUOTE
        at = close + 1 + is_open
    return is_open


def _opening(raw: bytes, at: int) -> int:
    """The place after the next quotation mark that opens a field; 0 where there is none."""
    if at == 0 and raw.startswith(QUOTE):
        return 1
    place = raw.find(COMMA + QUOTE, at)
    return place + 2 if place >= 0 else 0


def _span(parts: Sequence[text.Line]) -> text.Line:
    first, last = parts[0], parts[-1]
    length = last.offset + last.length - first.offset
    return text.Line(number=first.number, offset=first.offset, length=length, raw=None)


def _joined(parts: Sequence[text.Line]) -> text.Line:
    raws = [part.raw for part in parts if part.raw is not None]
    return replace(_span(parts), raw=b"\n".join(raws)) if len(raws) == len(parts) else _span(parts)


def _header(path: Path, line: text.Line | None, mapping: ColumnMapping) -> tuple[str, ...]:
    if line is None:
        raise BatchError("holds no header and no row", where=str(path), fix="send the file again")
    names, rule, found = _fields(line)
    if rule:
        raise BatchError(f"has a header that cannot be read: {rule}, {found}", where=str(path), fix=unread.UNREAD_FIXES[rule])
    check_header(str(path), names, mapping)
    return tuple(names)


def _chunk(path: Path, run: Sequence[text.Line], header: Sequence[str], mapping: ColumnMapping) -> Chunk:
    rows = [_row(line, header, mapping) for line in run]
    raw = pl.DataFrame(rows, schema=raw_schema(mapping), orient="row")
    return Chunk(
        raw=raw, original=text.originals(path, run, lambda line: _written(line, header)), success=unmapped_success(header, mapping)
    )


def _row(line: text.Line, header: Sequence[str], mapping: ColumnMapping) -> tuple[Any, ...]:
    fields, rule, found = _counted(line, header)
    named = dict(zip(header, fields, strict=False)) if rule is None else {}
    ones = [named.get(name) for name in mapping.scalar_columns]
    manys = [[named[name]] if name in named else None for name in mapping.list_columns]
    return (line.number, rule, found, *ones, *manys)


def _counted(line: text.Line, header: Sequence[str]) -> _Fields:
    fields, rule, found = _fields(line)
    if rule is None and len(fields) != len(header):
        return fields, unread.FIELD_COUNT, f"{len(fields)} fields, the header names {len(header)}"
    return fields, rule, found


def _fields(line: text.Line) -> _Fields:
    """The fields of a record, or the rule that it breaks."""
    if line.unread == unread.UNCLOSED_QUOTE:
        return [], line.unread, f"a quotation mark still open after {line.length} bytes"
    if line.raw is None:
        return [], unread.LINE_TOO_LONG, f"{line.length} bytes in one record"
    try:
        record = line.raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return [], unread.NOT_UTF8, f"byte 0x{error.object[error.start]:02x} after {error.start} bytes of the record"
    try:
        return next(csv.reader([record], strict=True)), None, None
    except csv.Error as error:
        return [], unread.NOT_CSV, str(error)


def _written(line: text.Line, header: Sequence[str]) -> str | None:
    fields, rule, _ = _counted(line, header)
    return None if rule else json.dumps(dict(zip(header, fields, strict=True)), ensure_ascii=False)
