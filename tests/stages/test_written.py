from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from governance.digest import digest_file
from governance.errors import IntegrityError
from governance.stages.written import write_rows

PARENTS = ["a", "b"]
ROWS = pl.DataFrame({"row_id": [f"r{n}" for n in range(500)], "parent_ids": [PARENTS[: n % 3] for n in range(500)], "tokens": range(500)})


@pytest.mark.parametrize("size", [None, 70])
@pytest.mark.parametrize("part", [1, 33, 1000])
def test_rows_that_come_some_after_the_others_are_written_as_the_whole_frame_is(tmp_path: Path, part: int, size: int | None) -> None:
    ROWS.write_parquet(tmp_path / "whole.parquet", row_group_size=size)
    write_rows(tmp_path / "parts.parquet", ROWS.iter_slices(part), ROWS.schema, row_group_size=size)
    assert digest_file(tmp_path / "parts.parquet") == digest_file(tmp_path / "whole.parquet")


def test_a_file_without_a_row_has_its_columns(tmp_path: Path) -> None:
    write_rows(tmp_path / "none.parquet", [], ROWS.schema)
    assert pl.read_parquet(tmp_path / "none.parquet").equals(ROWS.clear())


def test_what_goes_wrong_while_rows_are_made_is_raised_as_it_is(tmp_path: Path) -> None:
    def parts() -> Iterator[pl.DataFrame]:
        yield ROWS[:10]
        raise IntegrityError("a shard was altered", where="shards/anchors.parquet")

    with pytest.raises(IntegrityError, match="a shard was altered"):
        write_rows(tmp_path / "rows.parquet", parts(), ROWS.schema)
