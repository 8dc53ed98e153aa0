from pathlib import Path

import polars as pl
import pytest

from governance.adapters.sources.folder import SOURCE
from governance.digest import digest_file
from governance.errors import BatchError, IntegrityError
from governance.ports.desk import SHARDS
from governance.ports.rows import rows_frame

DOOR = object()


def human(row_id: str, text: str) -> pl.DataFrame:
    return rows_frame([{"row_id": row_id, "text": text, "origin": "human"}], "given")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    given = tmp_path / "given"
    given.mkdir()
    for name in ("anchors", "tail", "human"):
        human(f"{name}-1", f"the text of {name}").write_parquet(given / f"{name}.parquet")
    pl.DataFrame([{"prompt_id": "p", "text": "It was", "slice": "none"}]).write_parquet(given / "prompts.parquet")
    return tmp_path


def test_given_shards_are_pinned_and_stay_when_the_given_ones_change(workspace: Path) -> None:
    first = SOURCE.prepare(workspace, {}, DOOR)
    assert first.base is None
    assert {name: digest_file(workspace / path) for name, path in SHARDS.items()} == first.shards
    human("tail-1", "another text").write_parquet(workspace / "given" / "tail.parquet")
    assert SOURCE.prepare(workspace, {}, DOOR) == first


def test_a_given_shard_with_model_text_is_refused_by_id(workspace: Path) -> None:
    row = human("tail-9", "written by a machine").with_columns(origin=pl.lit("model"), generator=pl.lit("m"))
    row.write_parquet(workspace / "given" / "tail.parquet")
    with pytest.raises(IntegrityError, match="tail-9"):
        SOURCE.prepare(workspace, {}, DOOR)
    assert not (workspace / "shards").exists()


def test_a_given_shard_without_a_column_is_refused_by_the_column(workspace: Path) -> None:
    human("tail-1", "text").drop("slice").write_parquet(workspace / "given" / "tail.parquet")
    with pytest.raises(IntegrityError, match="'slice' is missing"):
        SOURCE.prepare(workspace, {}, DOOR)


def test_a_missing_given_shard_is_named(workspace: Path) -> None:
    (workspace / "given" / "human.parquet").unlink()
    with pytest.raises(BatchError, match=r"human\.parquet"):
        SOURCE.prepare(workspace, {}, DOOR)
