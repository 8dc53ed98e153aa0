"""What waits in the inbox."""

from pathlib import Path

import pytest

from governance.actions.freeze import batch_manifest
from governance.adapters.inbox import waiting
from governance.errors import BatchError


def names(inbox: Path, *done: str) -> list[str]:
    return [path.name for path in waiting(inbox, done)]


def test_no_inbox_means_that_nothing_waits(tmp_path: Path) -> None:
    assert names(tmp_path / "inbox") == []


def test_numbers_in_names_count_as_numbers_and_other_files_do_not_wait(tmp_path: Path) -> None:
    for name in ("week-10.csv", "week-9.jsonl.gz", "notes.txt", ".week-1.csv"):
        (tmp_path / name).write_text(name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "week-2").mkdir()
    (tmp_path / "week-2" / "human.parquet").write_text("rows")
    assert names(tmp_path) == ["week-2", "week-9.jsonl.gz", "week-10.csv"]


def test_a_batch_that_is_done_does_not_wait_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("rows")
    done = batch_manifest(tmp_path / "a.csv").digest
    (tmp_path / "a").mkdir()
    (tmp_path / "a.csv").rename(tmp_path / "a" / "a.csv")
    assert names(tmp_path, done) == []
    assert names(tmp_path) == ["a"]


def test_a_link_in_a_batch_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "real.csv").write_text("rows")
    (tmp_path / "a" / "link.csv").symlink_to("real.csv")
    with pytest.raises(BatchError, match=r"link\.csv"):
        names(tmp_path)
