"""Rows that are put into order through files stand as they do where they are sorted in memory."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.mixing.pool import order_of_file
from governance.mixing.sieve import in_priority
from governance.mixing.sorting import KEY, sorted_runs


@given(st.lists(st.text(max_size=3)), st.integers(1, 9), st.integers(1, 12))
@settings(deadline=None, max_examples=60)
def test_runs_are_the_sorted_rows_however_they_are_cut(keys: list[str], part: int, run_rows: int) -> None:
    rows = pl.DataFrame({KEY: keys, "at": range(len(keys))}, schema={KEY: pl.String, "at": pl.Int64})

    def parts() -> Iterator[pl.DataFrame]:
        yield from rows.iter_slices(part)

    with TemporaryDirectory() as name:
        runs = list(sorted_runs(parts, rows.height, Path(name), run_rows))
        assert not list(Path(name).iterdir())
    found = pl.concat([rows[:0], *runs])
    assert found[KEY].to_list() == sorted(keys, key=str.encode)
    assert sorted(found.rows()) == sorted(rows.rows())


def test_without_a_folder_all_rows_are_one_run_and_no_rows_are_none() -> None:
    rows = pl.DataFrame({KEY: ["b", "a", "c"]})
    assert [run[KEY].to_list() for run in sorted_runs(lambda: rows.iter_slices(1), 3, None, 1)] == [["a", "b", "c"]]
    assert list(sorted_runs(list, 0, None)) == []


@given(st.lists(st.tuples(st.sampled_from(["model", "human", "weak", "robot"]), st.text(max_size=3)), unique=True), st.integers(1, 5))
@settings(deadline=None, max_examples=40)
def test_the_order_of_a_file_is_that_of_its_rows_in_memory(said: list[tuple[str, str]], piece_rows: int) -> None:
    rows = pl.DataFrame(said, schema={"origin": pl.String, "row_id": pl.String}, orient="row")
    with TemporaryDirectory() as name:
        rows.write_parquet(Path(name) / "rows.parquet", row_group_size=4)
        found = order_of_file(Path(name) / "rows.parquet", Path(name), piece_rows)
    assert found.tolist() == in_priority(rows).tolist()
