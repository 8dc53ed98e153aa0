"""One real line of two releases and the bundle of its second, shared by all that only look."""

from pathlib import Path

import pytest

from flows.evidence import write_evidence
from tests.evidence.real_line import RealShop, two_releases


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> RealShop:
    return two_releases(tmp_path_factory.mktemp("evidence") / "newsroom")


@pytest.fixture(scope="session")
def bundle(line: RealShop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundles") / "evidence.zip"
    write_evidence(line, 2, path)
    return path
