"""The row contract in pandera: what holds of every admitted row and of every shard, checked a second time by other code than the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from governance.errors import SHOWN_EXAMPLES, IntegrityError
from governance.provenance.row import ROW_SCHEMA, Origin

if TYPE_CHECKING:
    import pandera.polars as pa

NULLABLE = ("generator", "generator_version", "vintage", "source_tier")
MISSING_COLUMN = "column_in_dataframe"
"""What pandera calls the check that a column is there; its failure case is the column's name."""
SHA256 = r"^[0-9a-f]{64}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One clause of the contract that some rows break: how many, and the ids of at most five; never what stands in them."""

    clause: str
    rows: int
    row_ids: tuple[str, ...]


def breaches(frame: pl.DataFrame) -> tuple[Breach, ...]:
    """Every clause that the frame breaks, in order of name; empty means that the contract holds. Columns beyond the schema are free."""
    import pandera.errors
    from pandera.config import ValidationDepth, config_context

    with config_context(validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            _contract().validate(frame, lazy=True)
        except pandera.errors.SchemaErrors as error:
            return _translated(error.failure_cases, frame)
    return ()


def require_rows(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """The frame itself, of which the contract holds.

    Raises: IntegrityError naming the file, the first clause that is broken, and row ids.
    """
    if found := breaches(frame):
        first = found[0]
        others = f"; {len(found) - 1} more clauses are broken" if len(found) > 1 else ""
        raise IntegrityError(
            f"breaks the row contract: {first.clause} in {first.rows} rows{others}",
            where=where,
            expected="the row schema of docs/documents.md",
            examples=first.row_ids,
        )
    return frame


def _translated(cases: pl.DataFrame, frame: pl.DataFrame) -> tuple[Breach, ...]:
    """Failure cases of rows carry whole texts: column, clause and row number are read from them, and of the frame the missing column."""
    places: dict[str, set[int]] = {}
    for column, check, index, case in cases.select("column", "check", "index", "failure_case").iter_rows():
        subject = case if check == MISSING_COLUMN else column
        clause = f"{subject} {check}" if subject else str(check)
        places.setdefault(clause, set()).update(range(frame.height) if index is None else [int(index)])
    return tuple(_breach(clause, sorted(found), frame) for clause, found in sorted(places.items()))


def _breach(clause: str, places: list[int], frame: pl.DataFrame) -> Breach:
    ids = frame["row_id"].cast(pl.String) if "row_id" in frame.columns else None
    shown = tuple(f"row {place}" if ids is None else str(ids[place]) for place in places[:SHOWN_EXAMPLES])
    return Breach(clause=clause, rows=len(places), row_ids=shown)


@cache
def _contract() -> "pa.DataFrameSchema":
    import pandera.polars as pa

    checks: Mapping[str, list[Any]] = {
        "row_id": [pa.Check.str_length(min_value=1, max_value=200)],
        "text": [pa.Check.str_length(min_value=1)],
        "sha256": [pa.Check.str_matches(SHA256)],
        "origin": [pa.Check.isin([origin.value for origin in Origin])],
        "slice": [pa.Check.str_length(min_value=1)],
        "task": [pa.Check.str_length(min_value=1)],
        "source_file": [pa.Check.str_length(min_value=1)],
        "line": [pa.Check.ge(1)],
    }
    columns = {n: pa.Column(kind, checks=checks.get(n, []), nullable=n in NULLABLE, required=True) for n, kind in ROW_SCHEMA.items()}
    is_human = pl.col("origin") == Origin.HUMAN.value
    return pa.DataFrameSchema(
        columns,
        strict=False,
        coerce=False,
        checks=[
            pa.Check(lambda d: d.lazyframe.select(is_human == pl.col("generator").is_null()), name="generator exactly where not human"),
            pa.Check(lambda d: d.lazyframe.select(~pl.col("parent_ids").list.contains(pl.col("row_id"))), name="no row is its own parent"),
        ],
    )
