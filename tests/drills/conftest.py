"""The small drill is bred once for all tests of this folder."""

import pytest
from drill_bench import Bench, breed_bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return breed_bench(tmp_path_factory.mktemp("drill"))
