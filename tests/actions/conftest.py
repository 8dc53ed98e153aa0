"""Keys for the whole run: making one costs more than every signature of it."""

from pathlib import Path

import pytest

from tests.keys import make_key


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> private key; `reviewer-a-2` is the second key of reviewer-a."""
    folder = tmp_path_factory.mktemp("people")
    names = ("reviewer-a", "reviewer-a-2", "reviewer-b", "engineer-a", "steward-a", "ci", "mallory")
    return {name: make_key(folder / name) for name in names}
