"""A kernel gives the same rows wherever it runs and however a file is cut; rows are gathered in the order that was asked for."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.adapters.executors.here import HereExecutor
from governance.mixing.pool import READ_SCHEMA, read_texts

LAWS = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = [f"row {n} says as much as it must, caf\ufffd {n % 7} times" if n % 5 else "" for n in range(500)]


def letters(texts: list[str]) -> list[int]:
    return [len(text) for text in texts]


def kernel(rows: pl.DataFrame) -> pl.DataFrame:
    return read_texts(rows, letters, 3)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    frame = pl.DataFrame({"row_id": [f"r{n}" for n in range(500)], "text": TEXTS, "number": range(500)})
    frame.write_parquet(tmp_path / "rows.parquet", row_group_size=90)
    return tmp_path / "rows.parquet"


@pytest.mark.parametrize("batch_rows", [1, 64, 1 << 14])
def test_a_kernel_gives_the_same_rows_however_the_file_is_cut(rows: Path, batch_rows: int) -> None:
    found = pl.concat(HereExecutor(batch_rows=batch_rows).mapped(rows, ["text"], kernel))
    assert found.schema == READ_SCHEMA
    assert found.equals(kernel(pl.read_parquet(rows)))


@given(data=st.data(), piece_bytes=st.sampled_from([1, 4_000, 1 << 20]))
@LAWS
def test_rows_are_gathered_in_the_order_of_their_places(rows: Path, data: st.DataObject, piece_bytes: int) -> None:
    places = np.array(data.draw(st.lists(st.integers(0, 499), unique=True, min_size=1)), dtype=np.int64)
    pieces = list(HereExecutor(batch_rows=37, piece_bytes=piece_bytes).gathered(rows, places, rows.parent))
    assert pl.concat(pieces).equals(pl.read_parquet(rows)[places])
    assert len(pieces) > 1 or piece_bytes > 1 or places.size == 1
    assert not list(rows.parent.glob("pieces/*"))
