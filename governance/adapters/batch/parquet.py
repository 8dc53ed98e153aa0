"""Parquet: a row is numbered from 1 in the order of the file, and its columns are read by name, a bounded run of rows at a time."""

import base64
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from governance.adapters.batch.chunk import CHUNK_BYTES, CHUNK_ROWS, Chunk, Original
from governance.errors import BatchError
from governance.provenance.claims import MANY, ONE, raw_schema
from governance.provenance.mapping import ColumnMapping
from governance.provenance.unread import NOT_UTF8

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".parquet",)
MAGIC = b"PAR1"


def chunks(path: Path, mapping: ColumnMapping, max_row_bytes: int) -> Iterator[Chunk]:  # noqa: ARG001 - one signature for all readers
    """The rows of a file in order; a text that is too long is in memory with its run of rows already, and refused by its row rule.

    Raises: BatchError where the file is no Parquet, is cut short, or lacks a column that the mapping needs or has it in another type.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            _check_columns(path, file.schema_arrow, mapping)
            line = 1
            for batch in file.iter_batches(batch_size=_rows_at_a_time(file)):
                yield _chunk(batch, line, mapping)
                line += batch.num_rows
    except (pa.ArrowException, OSError, EOFError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BatchError(f"cannot be read as Parquet: {first}", where=str(path), fix="send the whole file again") from error


def _rows_at_a_time(file: Any) -> int:
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    widest = max((g.total_byte_size // max(g.num_rows, 1) for g in groups), default=1)
    return max(1, min(CHUNK_ROWS, CHUNK_BYTES // max(widest, 1)))


def _check_columns(path: Path, schema: "pa.Schema", mapping: ColumnMapping) -> None:
    if twice := sorted({name for name in schema.names if schema.names.count(name) > 1}):
        raise BatchError("names a column twice", where=str(path), examples=twice)
    if missing := sorted(set(mapping.columns_a_table_must_have) - set(schema.names)):
        raise BatchError(f"has no column {missing[0]!r}", where=str(path), examples=missing, fix="correct [source.mapping]")
    for name in sorted({*mapping.scalar_columns, *mapping.list_columns} & set(schema.names)):
        kind = schema.field(name).type
        if not _readable(kind, many=name in mapping.list_columns):
            raise BatchError(f"column {name!r} is {kind}", where=str(path), expected="strings, whole numbers or dates")


def _readable(kind: "pa.DataType", *, many: bool) -> bool:
    import pyarrow.types as t

    if many and (t.is_list(kind) or t.is_large_list(kind)):
        return _readable(kind.value_type, many=False)
    inner = kind.value_type if t.is_dictionary(kind) else kind
    tests = (t.is_string, t.is_large_string, t.is_string_view, t.is_integer, t.is_date, t.is_timestamp, t.is_null)
    return any(test(inner) for test in tests)


def _chunk(batch: "pa.RecordBatch", line: int, mapping: ColumnMapping) -> Chunk:
    mended, broken = _valid_text(batch)
    ones = {ONE + name: _one(_column(mended, name)) for name in mapping.scalar_columns}
    manys = {MANY + name: _many(_column(mended, name)) for name in mapping.list_columns}
    head = {
        "line": pl.Series(range(line, line + batch.num_rows), dtype=pl.Int64),
        "unread": pl.Series([NOT_UTF8 if n in broken else None for n in range(batch.num_rows)], dtype=pl.String),
        "unread_found": pl.Series([_found(broken.get(n)) for n in range(batch.num_rows)], dtype=pl.String),
    }
    raw = pl.DataFrame({**head, **ones, **manys}, schema=raw_schema(mapping))
    return Chunk(raw=raw, original=lambda place: Original(record=_record(mended, place)))


def _found(column: str | None) -> str | None:
    return None if column is None else f"bytes that are no UTF-8 in column {column[:40]!r}, shown as \\xNN"


def _valid_text(batch: "pa.RecordBatch") -> tuple["pa.RecordBatch", Mapping[int, str]]:
    """The batch with every string valid, and the rows where one was not: a writer may have put any bytes there, and readers trust them."""
    import pyarrow as pa

    broken: dict[int, str] = {}
    for place, name in enumerate(batch.schema.names):
        column = batch.column(place)
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)) or _valid(column):
            continue
        found = column.cast(pa.large_binary() if pa.types.is_large_string(column.type) else pa.binary()).to_pylist()
        texts = [None if one is None else one.decode("utf-8", errors="backslashreplace") for one in found]
        broken.update({n: name for n, one in enumerate(found) if one is not None and not _is_utf8(one)})
        batch = batch.set_column(place, name, pa.array(texts, type=pa.large_string()))
    return batch, broken


def _valid(column: "pa.Array") -> bool:
    import pyarrow as pa

    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _is_utf8(found: bytes) -> bool:
    try:
        found.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _column(batch: "pa.RecordBatch", name: str) -> pl.Series:
    if name not in batch.schema.names:
        return pl.Series([None] * batch.num_rows, dtype=pl.String)
    found = pl.from_arrow(batch.column(batch.schema.get_field_index(name)))
    return found if isinstance(found, pl.Series) else found.to_series()


def _one(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.date().cast(pl.String)
    return column.cast(pl.String)


def _many(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.List):
        return column.cast(pl.List(pl.String))
    return _one(column).reshape((-1, 1)).arr.to_list()


def _record(batch: "pa.RecordBatch", place: int) -> str:
    row = batch.slice(place, 1).to_pylist()[0]
    return json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    """A value of Parquet as JSON has it; a float that is no number becomes null, bytes become base64."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Decimal) else value
