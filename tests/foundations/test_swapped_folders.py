"""A folder in the place of another: whole, with nothing of the old one left, and after a kill either of the two is there to be found."""

from pathlib import Path

import pytest

from governance.digest import set_aside, swap_folder


def folder(path: Path, words: str) -> Path:
    path.mkdir()
    (path / f"{words}.txt").write_text(words)
    return path


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir())


def test_the_new_folder_is_there_and_nothing_of_the_old_one(tmp_path: Path):
    place = folder(tmp_path / "place", "old")
    swap_folder(folder(tmp_path / "part", "new"), place)
    assert names(place) == ["new.txt"]
    assert names(tmp_path) == ["place"]


def test_where_nothing_was_the_folder_is_simply_put(tmp_path: Path):
    swap_folder(folder(tmp_path / "part", "new"), tmp_path / "place")
    assert names(tmp_path / "place") == ["new.txt"]


def test_what_an_earlier_kill_left_aside_goes_and_the_old_folder_is_kept_where_the_new_one_cannot_be_put(tmp_path: Path):
    place = folder(tmp_path / "place", "old")
    folder(set_aside(place), "older")
    with pytest.raises(FileNotFoundError):
        swap_folder(tmp_path / "not there", place)
    assert names(set_aside(place)) == ["old.txt"]
