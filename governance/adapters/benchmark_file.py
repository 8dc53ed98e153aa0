"""A benchmark's file as texts: Parquet, JSON Lines or CSV, through the readers that batches are read by, and stricter than they are."""

from pathlib import Path

import polars as pl

from governance.adapters.batch.files import read_chunks
from governance.digest import digest_file
from governance.errors import BatchError, ConflictError
from governance.mixing.benchmarks import BENCHMARKS_SCHEMA
from governance.provenance.claims import ONE
from governance.provenance.mapping import ColumnMapping, FieldSource

FIX = "mend the file, or name other columns in heirloom.toml: a benchmark that is read in part guards in part"


def read_benchmark(name: str, path: Path, columns: tuple[str, ...], max_row_bytes: int) -> tuple[pl.DataFrame, str]:
    """(the texts of every line, column by column, as BENCHMARKS_SCHEMA; the sha256 of the file).

    Raises: BatchError where a line cannot be read, or holds a text in none of the columns, naming at most five such lines.
    """
    sha256 = digest_file(path) if path.is_file() else ""
    mapping = ColumnMapping(fields={"text": FieldSource(columns=columns)}, required=("text",))
    raw = pl.concat([chunk.raw for chunk in read_chunks(path, mapping, max_row_bytes)] or [_nothing(columns)])
    if (broken := raw.filter(pl.col("unread").is_not_null())).height:
        places = [f"line {line}: {rule}" for line, rule in broken.select("line", "unread").iter_rows()]
        raise BatchError(f"{broken.height} lines cannot be read", where=str(path), examples=places, fix=FIX)
    texts = raw.select("line", *(pl.col(ONE + column) for column in columns))
    texts = texts.unpivot(index="line", variable_name="column", value_name="text").filter(pl.col("text").str.strip_chars() != "")
    if empty := sorted(set(raw["line"]) - set(texts["line"])):
        said = [f"line {line}" for line in empty]
        raise BatchError(f"{len(empty)} lines hold no text in {', '.join(columns)}", where=str(path), examples=said, fix=FIX)
    if texts.is_empty():
        raise BatchError("holds no text", where=str(path), expected=f"texts in {', '.join(columns)}", fix=FIX)
    if digest_file(path) != sha256:
        raise ConflictError("changed while it was being read", where=str(path), fix="try again")
    order = texts.with_columns(pl.col("column").replace_strict([ONE + c for c in columns], range(len(columns)), return_dtype=pl.Int64))
    named = order.sort("line", "column").select(pl.lit(name).alias("benchmark"), "line", "text")
    return named.cast(BENCHMARKS_SCHEMA), sha256


def _nothing(columns: tuple[str, ...]) -> pl.DataFrame:
    kinds = {"line": pl.Int64(), "unread": pl.String(), **{ONE + column: pl.String() for column in columns}}
    return pl.DataFrame(schema=kinds)
