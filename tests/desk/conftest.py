"""Keys for all tests of the desk."""

from pathlib import Path

import pytest

from tests.desk.desk_world import Court, Visitor
from tests.keys import make_key


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("people")
    return {name: make_key(folder / name) for name in ("reviewer-a", "reviewer-b", "engineer-a", "steward-a")}


@pytest.fixture
def court(tmp_path: Path, people: dict[str, Path]) -> Court:
    return Court(tmp_path / "court", people)


@pytest.fixture
def visitor(court: Court) -> Visitor:
    return Visitor(court.shop)
