import datetime
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.adapters.batch import parquet
from governance.adapters.batch.chunk import CHUNK_ROWS, Chunk
from governance.errors import BatchError
from governance.provenance.mapping import ColumnMapping

MAPPING = ColumnMapping.from_document({"row_id": "id", "text": "text", "origin": "by", "vintage": "day", "parent_ids": "parents"})
COLUMNS: dict[str, Any] = {"id": [1, 2], "text": ["s", "t"], "by": ["human", None], "day": [None, "2020"], "parents": [["1"], None]}


def read(path: Path, columns: dict[str, Any]) -> list[Chunk]:
    pq.write_table(pa.table(columns), path)
    return list(parquet.chunks(path, MAPPING, 1000))


def test_numbers_dates_lists_and_categories_are_read_as_strings(tmp_path: Path) -> None:
    days = pa.array([datetime.datetime(2020, 1, 2, 23, 0, tzinfo=datetime.UTC), None], type=pa.timestamp("us", tz="America/New_York"))
    columns = COLUMNS | {"day": days, "by": pa.array(["human", "model"]).dictionary_encode()}
    raw = read(tmp_path / "x.parquet", columns)[0].raw
    assert raw["one:id"].to_list() == ["1", "2"]
    assert raw["one:day"].to_list() == ["2020-01-02", None]
    assert raw["one:by"].to_list() == ["human", "model"]
    assert raw["many:parents"].to_list() == [["1"], None]


def test_a_scalar_parent_is_a_list_of_one(tmp_path: Path) -> None:
    assert read(tmp_path / "x.parquet", COLUMNS | {"parents": ["1", None]})[0].raw["many:parents"].to_list() == [["1"], [None]]


def test_rows_are_numbered_over_all_runs_of_a_file(tmp_path: Path) -> None:
    many = CHUNK_ROWS + 3
    columns = {"id": list(range(many)), "text": ["t"] * many, "by": ["human"] * many, "day": pa.nulls(many), "parents": pa.nulls(many)}
    found = read(tmp_path / "x.parquet", columns)
    assert [chunk.raw.height for chunk in found] == [CHUNK_ROWS, 3]
    assert found[1].raw["line"].to_list() == [CHUNK_ROWS + 1, CHUNK_ROWS + 2, CHUNK_ROWS + 3]
    assert json.loads(found[1].original(2).record or "")["id"] == many - 1


def test_wide_rows_come_in_short_runs(tmp_path: Path) -> None:
    many = 40
    columns = {
        "id": list(range(many)),
        "text": ["t" * (1 << 20)] * many,
        "by": ["human"] * many,
        "day": pa.nulls(many),
        "parents": pa.nulls(many),
    }
    pq.write_table(pa.table(columns), tmp_path / "x.parquet", use_dictionary=False, compression="zstd")
    assert max(chunk.raw.height for chunk in parquet.chunks(tmp_path / "x.parquet", MAPPING, 1000)) <= 16


def test_bytes_that_are_no_text_refuse_their_row_alone(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff!", b"ok"], type=pa.binary()).buffers())
    chunk = read(tmp_path / "x.parquet", COLUMNS | {"text": broken})[0]
    assert chunk.raw["unread"].to_list() == ["not-utf8", None]
    assert chunk.raw["one:text"].to_list() == ["\\xff!", "ok"]
    assert json.loads(chunk.original(0).record or "")["text"] == "\\xff!"


def test_an_original_keeps_every_column_as_json_has_it(tmp_path: Path) -> None:
    more = {"score": [float("nan"), 1.5], "raw": [b"\0", b""], "when": [datetime.date(2020, 1, 1), None], "deep": [{"a": [1]}, None]}
    record = json.loads(read(tmp_path / "x.parquet", COLUMNS | more)[0].original(0).record or "")
    assert (record["score"], record["raw"], record["when"], record["deep"]) == ("nan", "AA==", "2020-01-01", {"a": [1]})


@pytest.mark.parametrize(
    ("change", "said"),
    [({"by": None}, "has no column 'by'"), ({"id": [1.5, 2.5]}, "column 'id' is double"), ({"text": [["t"], []]}, "column 'text' is list")],
)
def test_a_table_that_does_not_fit_the_mapping_is_one_error(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(BatchError, match=said):
        read(tmp_path / "x.parquet", {name: found for name, found in (COLUMNS | change).items() if found is not None})


@pytest.mark.parametrize("kept", [20, 300])
def test_a_file_that_is_cut_short_is_one_error(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(COLUMNS), path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BatchError, match="cannot be read as Parquet"):
        list(parquet.chunks(path, MAPPING, 1000))


def test_a_page_with_altered_bytes_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({name: found * 500 for name, found in COLUMNS.items()}), path, compression="zstd", write_page_checksum=True)
    content = bytearray(path.read_bytes())
    content[30:60] = b"\0" * 30
    path.write_bytes(bytes(content))
    with pytest.raises(BatchError, match="cannot be read as Parquet"):
        list(parquet.chunks(path, MAPPING, 1000))
