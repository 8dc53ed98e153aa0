"""How many rows of a Parquet file may be in memory at once, when a few bytes of the file can stand for gigabytes of text."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from governance.adapters.batch.chunk import CHUNK_BYTES, CHUNK_ROWS
from governance.errors import BatchError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

FREE_UNPACKED_BYTES = 256 << 20
MOST_UNPACKED_RATIO = 200
PREFIXED = {"DELTA_BYTE_ARRAY"}
"""Encodings that write a value as so many bytes of the one before it, and so can make much of nothing."""


def check_unpacked_size(path: Path, metadata: "pq.FileMetaData") -> None:
    """Raises: BatchError where the pages unpack to more than a file of rows can honestly hold."""
    unpacked = sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    if unpacked > max(FREE_UNPACKED_BYTES, MOST_UNPACKED_RATIO * path.stat().st_size):
        found = f"unpacks to {unpacked} bytes, more than {MOST_UNPACKED_RATIO} times its size"
        raise BatchError(found, where=str(path), fix="if its rows are real, write them with a weaker compression")


def bounded_batches(file: "pq.ParquetFile", path: Path, max_row_bytes: int) -> Iterator["pa.RecordBatch"]:
    """The rows of a file in order, in runs that hold at most `CHUNK_ROWS`, and `CHUNK_BYTES` or one reading of `_rows_at_a_time`."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    for batch in file.iter_batches(batch_size=_rows_at_a_time(file, path, max_row_bytes)):
        rows, size = (sum(getattr(one, what) for one in (*held, batch)) for what in ("num_rows", "nbytes"))
        if held and (rows > CHUNK_ROWS or size > CHUNK_BYTES):
            yield pa.concat_batches(held)
            held = []
        held.append(batch)
    if held:
        yield pa.concat_batches(held)


def _rows_at_a_time(file: "pq.ParquetFile", path: Path, max_row_bytes: int) -> int:
    """Rows to read at once, so that their encoded bytes and their longest repeated values stay within bounds."""
    groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
    widest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=1)
    rows = min(CHUNK_ROWS, CHUNK_BYTES // max(widest, 1))
    if any(PREFIXED & set(column.encodings) for column in _text_columns(groups)):
        rows = min(rows, CHUNK_BYTES // max_row_bytes)
    return max(1, min(rows, CHUNK_BYTES // max(_longest_repeated(file, path), 1)))


def _text_columns(groups: list["pq.RowGroupMetaData"]) -> list["pq.ColumnChunkMetaData"]:
    columns = [group.column(n) for group in groups for n in range(group.num_columns)]
    return [column for column in columns if column.physical_type == "BYTE_ARRAY"]


def _longest_repeated(file: "pq.ParquetFile", path: Path) -> int:
    """Bytes of the longest values in the dictionaries of one row group, added up over its columns; the largest such sum."""
    import pyarrow.parquet as pq

    metadata = file.metadata
    longest = 0
    for n in range(metadata.num_row_groups):
        names = [c.path_in_schema for c in _text_columns([metadata.row_group(n)]) if c.has_dictionary_page and _repeats(c)]
        if names:
            with pq.ParquetFile(path, read_dictionary=names, pre_buffer=False) as peeked:
                first = next(peeked.iter_batches(batch_size=1, row_groups=[n], columns=names), None)
            longest = max(longest, sum(map(_longest_value, first.columns)) if first else 0)
    return longest


def _repeats(column: "pq.ColumnChunkMetaData") -> bool:
    """Whether a run of rows could decode to more than its bound, had every row the whole dictionary for a value."""
    return bool(column.total_uncompressed_size * min(column.num_values, CHUNK_ROWS) > CHUNK_BYTES)


def _longest_value(column: "pa.Array") -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    while pa.types.is_nested(column.type):
        column = pc.list_flatten(column) if not pa.types.is_struct(column.type) else column.field(0)
    if not pa.types.is_dictionary(column.type):
        return 0
    return int(pc.max(pc.binary_length(column.dictionary)).as_py() or 0)
