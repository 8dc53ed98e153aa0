"""One workspace that was founded and retrained once, shared by the tests that only look; tests that change things take a copy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.shell import Done, make_workspace, run


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A workspace after `synthesize` and `retrain`, and what retrain answered."""
    workspace = make_workspace(tmp_path_factory.mktemp("founded") / "newsroom")
    written = run(workspace, "synthesize", "--json")
    assert written.code == 0, written.err
    done = run(workspace, "retrain", "--json")
    assert done.code == 0, done.out + done.err
    return workspace, done


@pytest.fixture
def copy(founded: tuple[Path, Done], tmp_path: Path) -> Callable[[], Path]:
    """A moved copy of the founded workspace: that it works shows that a workspace can be moved."""

    def made() -> Path:
        shutil.copytree(founded[0], tmp_path / "moved", symlinks=True)
        return tmp_path / "moved"

    return made
