"""Cycles that ended in each of the ways a cycle can end."""

from pathlib import Path

import pytest
from cycle_on_disk import HOSTILE, write_cycle


@pytest.fixture
def passed(tmp_path: Path) -> Path:
    return write_cycle(tmp_path / "cycle")


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    return write_cycle(tmp_path / "cycle", "block")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    return write_cycle(tmp_path / "cycle", "inconclusive", hostile=HOSTILE)


@pytest.fixture
def founding(tmp_path: Path) -> Path:
    return write_cycle(tmp_path / "cycle", kind="founding")
