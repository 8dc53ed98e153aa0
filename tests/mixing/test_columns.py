"""Columns in files say what columns in memory say; that a batch in files makes the same mix is in test_mix_stage.py."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.mixing.columns import Columns, FileColumns, FrameColumns, hashes_of, repeats

FRAME = pl.DataFrame(
    {
        "row_id": ["a long row id that no view holds", "b", "", "a long row id that no view holds"],
        "parent_ids": [[], ["x"], ["x", "y"], []],
        "slice": [None, "news", None, "docs"],
        "tokens": [1, 2, 3, 4],
    }
)


@pytest.fixture(scope="module", params=[1, 3, 4, 100])
def filed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Columns:
    folder: Path = tmp_path_factory.mktemp("columns")
    table = FileColumns(folder=folder, height=FRAME.height, piece_rows=request.param)
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


@given(st.permutations(range(FRAME.height)), st.integers(0, FRAME.height))
@settings(deadline=None, max_examples=20)
def test_rows_are_gathered_through_files_as_they_are_in_memory(filed: Columns, places: list[int], count: int) -> None:
    at, names = np.array(places[:count], dtype=np.int64), ("row_id", "parent_ids", "slice")
    assert pl.concat(filed.gathered(names, at)).equals(pl.concat(FrameColumns(frame=FRAME).gathered(names, at)))


def test_pieces_are_all_rows_some_after_the_others(filed: Columns) -> None:
    firsts, parts = zip(*filed.pieces("row_id", "tokens"), strict=True)
    assert pl.concat(parts).equals(FRAME.select("row_id", "tokens"))
    assert list(firsts) == [sum(part.height for part in parts[:number]) for number in range(len(parts))]


def test_columns_without_a_row_can_be_asked_too(tmp_path: Path) -> None:
    table = FileColumns(folder=tmp_path, height=0).filled([FRAME[:0]])
    assert table.read(("row_id", "parent_ids")).equals(FRAME[:0].select("row_id", "parent_ids"))
    assert list(table.pieces("row_id")) == []
    assert hashes_of(table, "row_id").size == 0


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e"])), st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_what_occurs_twice_is_found_wherever_its_pieces_lie(values: list[str], piece_rows: int) -> None:
    with TemporaryDirectory() as name:
        table = FileColumns(folder=Path(name), height=len(values), piece_rows=piece_rows).plus(pl.Series("word", values, dtype=pl.String))
        found = repeats(hashes_of(table, "word")).tolist()
    assert found == [place for place, value in enumerate(values) if values.count(value) > 1]


def test_a_column_is_put_beside_the_others_only_where_it_has_as_many_rows(filed: Columns, tmp_path: Path) -> None:
    assert filed.plus(pl.Series("counted", [4, 3, 2, 1])).read(("counted", "tokens"))["counted"].to_list() == [4, 3, 2, 1]
    with pytest.raises(ValueError, match="column short has 1 rows, not 4"):
        filed.plus(pl.Series("short", [1]))
    with pytest.raises(ValueError, match="1 rows, not 4"):
        FileColumns(folder=tmp_path, height=FRAME.height).filled([FRAME[:1]])
