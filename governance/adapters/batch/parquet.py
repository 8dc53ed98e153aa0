"""Parquet: a row is numbered from 1 in the order of the file, and its columns are read by name, a bounded run of rows at a time."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from governance.adapters.batch.arrow_record import plain, record
from governance.adapters.batch.chunk import Chunk, Original
from governance.adapters.batch.header import check_header
from governance.adapters.batch.parquet_size import bounded_batches, check_unpacked_size
from governance.errors import BatchError
from governance.provenance.claims import MANY, ONE, raw_schema
from governance.provenance.mapping import ColumnMapping
from governance.provenance.success_names import unmapped_success
from governance.provenance.unread import NOT_UTF8

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".parquet",)
MAGIC = b"PAR1"


def chunks(path: Path, mapping: ColumnMapping, max_row_bytes: int) -> Iterator[Chunk]:
    """The rows of a file in order; a text that is too long is in memory with its run of rows already, and refused by its row rule.

    Raises: BatchError where the file is no Parquet, is cut short, or lacks a column that the mapping needs or has it in another type.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            _check_columns(path, file.schema_arrow, mapping)
            check_unpacked_size(path, file.metadata)
            line = 1
            for batch in bounded_batches(file, path, max_row_bytes):
                yield _chunk(batch, line, mapping)
                line += batch.num_rows
            if line != file.metadata.num_rows + 1:
                found = f"holds {line - 1} rows, its footer says {file.metadata.num_rows}"
                raise BatchError(found, where=str(path), fix="send the whole file again")
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, EOFError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        fix = "send the whole file again, with plain strings in its columns"
        raise BatchError(f"cannot be read as Parquet: {first}", where=str(path), fix=fix) from error


def _check_columns(path: Path, schema: "pa.Schema", mapping: ColumnMapping) -> None:
    check_header(str(path), schema.names, mapping)
    for name in sorted({*mapping.scalar_columns, *mapping.list_columns} & set(schema.names)):
        kind = schema.field(name).type
        if not _readable(kind, many=name in mapping.list_columns, loose=name in mapping.loose_columns):
            expected, fix = "strings, whole numbers or dates", "write the column as strings"
            raise BatchError(f"column {name!r} is {kind}", where=str(path), expected=expected, fix=fix)


def _readable(kind: "pa.DataType", *, many: bool, loose: bool = False) -> bool:
    import pyarrow.types as t

    if many and (t.is_list(kind) or t.is_large_list(kind)):
        return _readable(kind.value_type, many=False)
    inner = kind.value_type if t.is_dictionary(kind) else kind
    tests = (t.is_string, t.is_large_string, t.is_string_view, t.is_integer, t.is_date, t.is_timestamp, t.is_null)
    return any(test(inner) for test in (*tests, *((t.is_floating, t.is_boolean) if loose else ())))


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
    success = unmapped_success(batch.schema.names, mapping)
    return Chunk(raw=raw, original=lambda place: Original(record=record(mended, place)), success=success)


def _found(column: str | None) -> str | None:
    return None if column is None else f"bytes that are no UTF-8 in column {column[:40]!r}, shown as \\xNN"


def _valid_text(batch: "pa.RecordBatch") -> tuple["pa.RecordBatch", Mapping[int, str]]:
    """The batch with every string valid, and the rows where one was not: a writer may have put any bytes there, and readers trust them."""
    import pyarrow as pa

    broken: dict[int, str] = {}
    for place, name in enumerate(batch.schema.names):
        column = batch.column(place)
        if _valid(column):
            continue
        broken.update({n: name for n, value in enumerate(column) if not _decodes(value)})
        if (kind := _texts(column.type)) is not None:
            batch = batch.set_column(place, name, pa.array([plain(value) for value in column], type=kind))
    return batch, broken


def _texts(kind: "pa.DataType") -> "pa.DataType | None":
    """The type that strings, and lists of strings, are put right in; None for columns that are only given back."""
    import pyarrow as pa

    t = pa.types
    if t.is_list(kind) or t.is_large_list(kind):
        inner = _texts(kind.value_type)
        return None if inner is None else pa.large_list(inner)
    inner = kind.value_type if t.is_dictionary(kind) else kind
    return pa.large_string() if t.is_string(inner) or t.is_large_string(inner) or t.is_string_view(inner) else None


def _valid(column: "pa.Array") -> bool:
    import pyarrow as pa

    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _decodes(value: "pa.Scalar") -> bool:
    try:
        plain(value, errors="strict")
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
