"""Kept rows in files: written and put together a batch at a time, and the same whatever a batch is."""

from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.adapters.row_folder import RowFolder
from governance.digest import digest_file
from governance.ports.rows import rows_frame
from governance.provenance.earlier import EARLIER_SCHEMA


def rows(cycle: int, *names: str) -> pl.DataFrame:
    found = rows_frame([{"row_id": name, "text": f"{name} in {cycle}", "origin": "human"} for name in names], "x")
    return found.with_columns(cycle=pl.lit(cycle), depth=pl.lit(0), passages=pl.lit(0)).select(EARLIER_SCHEMA.names()).cast(EARLIER_SCHEMA)


def test_a_file_is_named_by_its_bytes_and_nothing_unfinished_is_left(tmp_path: Path):
    store = RowFolder(folder=tmp_path / "rows")
    name = store.keep([rows(1, "a"), rows(1).clear(), rows(1, "b")])
    (path,) = (tmp_path / "rows").iterdir()
    assert (path.name, store.names()) == (f"{digest_file(path)}.parquet", [name])
    assert pl.read_parquet(path).drop("line").equals(rows(1, "a", "b").drop("line"))
    assert store.keep([rows(1, "a"), rows(1, "b")]) == name
    store.forget(["another", name])
    assert store.names() == []


@given(
    cycles=st.lists(st.lists(st.sampled_from("abcdef"), unique=True, max_size=6), max_size=4),
    batch_rows=st.integers(1, 7),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_of_a_row_that_several_cycles_kept_the_later_word_counts(tmp_path_factory, cycles: list[list[str]], batch_rows: int, order):
    folder = tmp_path_factory.mktemp("rows")
    store = RowFolder(folder=folder / "rows", batch_rows=batch_rows)
    names = [store.keep([rows(number, *ids)]) for number, ids in enumerate(cycles, start=1) if ids]
    order.shuffle(names)
    store.gather(names, folder / "earlier.parquet")
    last = {name: number for number, ids in enumerate(cycles, start=1) for name in ids}
    expected = [(name, number) for number, ids in enumerate(cycles, start=1) for name in ids if last[name] == number]
    found = pl.read_parquet(folder / "earlier.parquet")
    assert found.schema == EARLIER_SCHEMA
    assert found.select("row_id", "cycle").rows() == expected
    assert found["text"].to_list() == [f"{name} in {number}" for name, number in expected]
