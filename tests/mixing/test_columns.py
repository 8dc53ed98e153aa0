"""Columns in files say what columns in memory say; that a batch in files makes the same mix is in test_mix_stage.py."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.mixing.columns import Columns, FileColumns, FrameColumns

FRAME = pl.DataFrame(
    {
        "row_id": ["a long row id that no view holds", "b", "", "a long row id that no view holds"],
        "parent_ids": [[], ["x"], ["x", "y"], []],
        "slice": [None, "news", None, "docs"],
        "tokens": [1, 2, 3, 4],
    }
)


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    folder: Path = tmp_path_factory.mktemp("columns")
    table = FileColumns(folder=folder, height=FRAME.height)
    for column in FRAME:
        assert table.plus(column) == table
    return table


@given(st.lists(st.integers(0, FRAME.height - 1)) | st.none(), st.lists(st.sampled_from(FRAME.columns), min_size=1, unique=True))
@settings(deadline=None, max_examples=50)
def test_columns_in_files_say_what_columns_in_memory_say(filed: Columns, places: list[int] | None, names: list[str]) -> None:
    at = None if places is None else np.array(places, dtype=np.int64)
    found = filed.read(tuple(names), at)
    assert found.equals(FrameColumns(frame=FRAME).read(tuple(names), at))
    assert found.equals(FRAME.select(names) if places is None else FRAME.select(names)[places])


def test_a_column_is_put_beside_the_others_only_where_it_has_as_many_rows(filed: Columns) -> None:
    assert filed.plus(pl.Series("counted", [4, 3, 2, 1])).read(("counted", "tokens"))["counted"].to_list() == [4, 3, 2, 1]
    with pytest.raises(ValueError, match="column short has 1 rows, not 4"):
        filed.plus(pl.Series("short", [1]))
