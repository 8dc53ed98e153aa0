"""What a file says of its rows, column by column, brought into the row schema; nothing is judged here and nothing is guessed.

A raw frame, as every reader makes it, has the columns of `raw_schema`: `line`, `unread` and `unread_found` (the reader's own rule, where it
could not read the row), `one:COLUMN` (String) and `many:COLUMN` (List of String).
"""

import hashlib
from collections.abc import Sequence

import polars as pl

from governance.provenance.labels.label import LABELLED_BY, MOVE
from governance.provenance.mapping import ColumnMapping, FieldSource
from governance.provenance.row import ROW_SCHEMA, SUCCESS, Origin
from governance.provenance.vintage import parsed_day

ONE, MANY = "one:", "many:"
NONE = "none"
UNKNOWN_GENERATOR = "unknown"
NAMELESS = (Origin.EXPOSED.value, Origin.WEAK.value, Origin.UNKNOWN.value)
"""Origins of rows that need not name a generator."""
EXTRA = (SUCCESS, "unread", "unread_found", "vintage_found", MOVE, LABELLED_BY)
"""Columns of a frame of claims beyond the row schema: what the rules need; of these, admitted rows carry `success` alone."""

_STRING: pl.DataType = pl.String()
_STRINGS: pl.DataType = pl.List(pl.String())


def raw_schema(mapping: ColumnMapping) -> dict[str, pl.DataType]:
    """Column -> type of a raw frame under a mapping."""
    return {
        "line": pl.Int64(),
        "unread": _STRING,
        "unread_found": _STRING,
        **{ONE + name: _STRING for name in mapping.scalar_columns},
        **{MANY + name: _STRINGS for name in mapping.list_columns},
    }


def claims(raw: pl.DataFrame, mapping: ColumnMapping, source_file: str) -> pl.DataFrame:
    """One row a row, in the same order: the row schema, and the columns of `EXTRA`.

    Surrounding blanks are no part of an id or a name, and an empty one is absent. The text is kept to the character, unless it is absent.
    Origins are compared without case. An exposed, weak or unknown row that names no generator carries the generator "unknown".
    """
    named = raw.select(
        "line",
        "unread",
        "unread_found",
        *(_scalar(name, mapping).alias(name) for name in ROW_SCHEMA if name in _SCALARS),
        _text(mapping).alias("text"),
        _parents(mapping).alias("parent_ids"),
        _vintage(mapping).alias("vintage"),
        _scalar("vintage", mapping).alias("vintage_found"),
        _scalar(SUCCESS, mapping).alias(SUCCESS),
        pl.lit(source_file).alias("source_file"),
        *(pl.lit(None, dtype=_STRING).alias(name) for name in (MOVE, LABELLED_BY)),
    ).with_columns(pl.col("origin").str.to_lowercase())
    nameless = pl.col("origin").is_in(NAMELESS) & pl.col("generator").is_null()
    return named.with_columns(
        pl.when(nameless).then(pl.lit(UNKNOWN_GENERATOR)).otherwise("generator").alias("generator"),
        pl.col("slice", "task").fill_null(NONE),
        pl.Series("sha256", _digests(named["text"].to_list()), dtype=pl.String),
    ).select(*ROW_SCHEMA, *EXTRA)


_SCALARS = ("row_id", "origin", "generator", "generator_version", "source_tier", "slice", "task")


def _digests(texts: Sequence[str | None]) -> list[str | None]:
    return [None if text is None else hashlib.sha256(text.encode()).hexdigest() for text in texts]


def _source(name: str, mapping: ColumnMapping) -> FieldSource:
    return mapping.fields.get(name, FieldSource(constant=""))


def _scalar(name: str, mapping: ColumnMapping) -> pl.Expr:
    source = _source(name, mapping)
    found = _absent(pl.lit(source.constant)) if source.constant is not None else _first([_clean(ONE + c) for c in source.columns])
    values = mapping.values.get(name)
    return found.replace(list(values), list(values.values())) if values else found


def _text(mapping: ColumnMapping) -> pl.Expr:
    source = mapping.fields["text"]
    return pl.lit(source.constant) if source.constant is not None else _first([pl.col(ONE + c) for c in source.columns])


def _parents(mapping: ColumnMapping) -> pl.Expr:
    source = _source("parent_ids", mapping)
    if not source.columns:
        return pl.lit([source.constant] if source.constant else [], dtype=_STRINGS)
    element = (
        pl.element()
        if source.separator is None
        else pl.element().str.split(source.separator).explode(keep_nulls=False, empty_as_null=False)
    )
    named = _absent(element.str.strip_chars()).drop_nulls().unique(maintain_order=True)
    return pl.concat_list([pl.col(MANY + c).fill_null([]) for c in source.columns]).list.eval(named)


def _vintage(mapping: ColumnMapping) -> pl.Expr:
    source = _source("vintage", mapping)
    if source.constant is not None:
        return parsed_day(_absent(pl.lit(source.constant)))
    return _first([parsed_day(_clean(ONE + c)) for c in source.columns])


def _first(found: Sequence[pl.Expr]) -> pl.Expr:
    return pl.coalesce(*found) if found else pl.lit(None, dtype=_STRING)


def _clean(column: str) -> pl.Expr:
    return _absent(pl.col(column).str.strip_chars())


def _absent(found: pl.Expr) -> pl.Expr:
    return pl.when(found != "").then(found)
