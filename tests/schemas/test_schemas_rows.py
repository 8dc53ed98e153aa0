from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from governance.digest import digest_text
from governance.errors import IntegrityError
from governance.provenance.row import ROW_SCHEMA
from schemas.rows import breaches, require_rows

GOOD: dict[str, Any] = {
    "row_id": "a",
    "text": "A secret text.",
    "sha256": digest_text("A secret text."),
    "origin": "model",
    "generator": "g",
    "generator_version": None,
    "parent_ids": ["b"],
    "vintage": date(2020, 1, 1),
    "source_tier": None,
    "slice": "none",
    "task": "none",
    "source_file": "x.jsonl",
    "line": 1,
}


def frame(*changes: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([GOOD | change for change in changes], schema=ROW_SCHEMA)


def test_rows_of_the_schema_keep_the_contract_with_or_without_more_columns() -> None:
    rows = frame({}, {"row_id": "h", "origin": "human", "generator": None, "vintage": None})
    assert breaches(rows) == ()
    assert breaches(rows.with_columns(tokens=pl.lit(3))) == ()
    assert breaches(frame()) == ()


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        ({"row_id": ""}, "row_id str_length"),
        ({"text": None}, "text not_nullable"),
        ({"sha256": "ABC"}, "sha256 str_matches"),
        ({"origin": "AI"}, "origin isin"),
        ({"generator": None}, "generator exactly where not human"),
        ({"origin": "human"}, "generator exactly where not human"),
        ({"parent_ids": ["a"]}, "no row is its own parent"),
        ({"parent_ids": None}, "parent_ids not_nullable"),
        ({"line": 0}, "line greater_than_or_equal_to"),
    ],
)
def test_each_clause_is_broken_by_name_with_a_count_and_ids(change: dict[str, Any], clause: str) -> None:
    found = breaches(frame({"row_id": "fine"}, change, change))
    assert [(b.clause.startswith(clause), b.rows) for b in found if b.clause.startswith(clause)] == [(True, 2)]
    assert found[0].row_ids == (change.get("row_id", "a"),) * 2


def test_the_data_is_checked_although_the_frame_came_lazily() -> None:
    assert breaches(frame({"origin": "AI"}).lazy().collect())


def test_a_missing_column_and_a_wrong_type_are_breaches() -> None:
    assert "slice" in breaches(frame({}).drop("slice"))[0].clause
    assert "line" in breaches(frame({}).with_columns(pl.col("line").cast(pl.Int32)))[0].clause


def test_the_error_names_file_clause_and_five_ids_and_no_text() -> None:
    rows = frame(*({"row_id": f"r{n}", "origin": "AI"} for n in range(9)))
    with pytest.raises(IntegrityError) as error:
        require_rows(rows, "shards/tail.parquet")
    said = str(error.value)
    assert said.startswith("shards/tail.parquet: breaks the row contract: origin isin")
    assert "in 9 rows" in said
    assert "r0, r1, r2, r3, r4" in said
    assert "r5" not in said
    assert "secret" not in said


@pytest.mark.parametrize("piece", [13, 40])
def test_clauses_count_the_same_rows_in_a_whole_frame_and_in_pieces_of_a_file_that_is_read_lazily(piece: int, tmp_path: Path) -> None:
    wrong = [{}, {"text": ""}, {"origin": "AI"}, {"origin": "human"}, {"line": 0, "slice": ""}, {"sha256": "ABC"}, {"parent_ids": ["n"]}]
    rows = frame(*({"row_id": "n" if n % 5 else "", **wrong[n * n % 11 % len(wrong)]} for n in range(90)))
    rows.write_parquet(tmp_path / "rows.parquet", row_group_size=30)
    lazily: Counter[str] = Counter()
    for first in range(0, rows.height, piece):
        part = pl.scan_parquet(tmp_path / "rows.parquet").slice(first, piece).collect()
        lazily.update({breach.clause: breach.rows for breach in breaches(part)})
    assert dict(lazily) == {breach.clause: breach.rows for breach in breaches(rows)}
    assert lazily["row_id str_length(1, 200)"] == 18
    human = pl.col("origin") == "human"
    by_hand = pl.scan_parquet(tmp_path / "rows.parquet").select((human != pl.col("generator").is_null()).sum())
    assert lazily["generator exactly where not human"] == by_hand.collect(engine="streaming").item() > 0
