"""A kernel gives the same rows wherever it runs and however a file is cut; rows are gathered in the order that was asked for."""

import threading
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.adapters.executors.here import HereExecutor
from governance.adapters.executors.ray_data import RayExecutor
from governance.errors import DependencyError, PolicyError
from governance.mixing.pool import READ_SCHEMA, read_texts
from governance.wiring import open_shop

LAWS = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
KERNEL = partial(read_texts, count=lambda texts: [len(text) for text in texts], frame_words=3)
TEXTS = [f"row {n} says as much as it must, caf\ufffd {n % 7} times" if n % 5 else "" for n in range(500)]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    frame = pl.DataFrame({"row_id": [f"r{n}" for n in range(500)], "text": TEXTS, "number": range(500)})
    frame.write_parquet(tmp_path / "rows.parquet", row_group_size=90)
    return tmp_path / "rows.parquet"


@pytest.mark.parametrize("batch_rows", [1, 64, 1 << 14])
def test_a_kernel_gives_the_same_rows_however_the_file_is_cut(rows: Path, batch_rows: int) -> None:
    found = pl.concat(HereExecutor(batch_rows=batch_rows).mapped(rows, ["text"], KERNEL))
    assert found.schema == READ_SCHEMA
    assert found.equals(KERNEL(pl.read_parquet(rows)))


def test_batches_run_at_once_and_come_out_in_order(rows: Path) -> None:
    both = threading.Barrier(2)

    def kernel(batch: pl.DataFrame) -> pl.DataFrame:
        both.wait(timeout=30)  # nobody passes alone
        return batch

    found = pl.concat(HereExecutor(batch_rows=50, threads=2).mapped(rows, ["number"], kernel))
    assert found["number"].to_list() == list(range(500))


def test_a_batch_that_fails_is_told_and_what_waits_behind_it_is_not_begun(rows: Path) -> None:
    begun: list[int] = []

    def kernel(batch: pl.DataFrame) -> pl.DataFrame:
        begun.append(batch["number"][0])
        if batch["number"][0] == 100:
            raise DependencyError("gone")
        return batch

    with pytest.raises(DependencyError, match="gone"):
        list(HereExecutor(batch_rows=50, threads=2).mapped(rows, ["number"], kernel))
    assert max(begun) <= 200


@given(data=st.data(), piece_bytes=st.sampled_from([1, 4_000, 1 << 20]))
@LAWS
def test_rows_are_gathered_in_the_order_of_their_places(rows: Path, data: st.DataObject, piece_bytes: int) -> None:
    places = np.array(data.draw(st.lists(st.integers(0, 499), unique=True, min_size=1)), dtype=np.int64)
    pieces = list(HereExecutor(batch_rows=37, piece_bytes=piece_bytes).gathered(rows, places, rows.parent))
    assert pl.concat(pieces).equals(pl.read_parquet(rows)[places])
    assert len(pieces) > 1 or piece_bytes > 1 or places.size == 1
    named = HereExecutor(batch_rows=37, piece_bytes=piece_bytes).gathered(rows, places, rows.parent, ["number"])
    assert pl.concat(named).equals(pl.read_parquet(rows, columns=["number"])[places])
    assert not list(rows.parent.glob("pieces/*"))


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra 'ray' is not installed: pip install -c constraints.txt -e '.[ray]'")
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")  # Ray's own
def test_ray_gives_the_same_rows_in_the_same_order(rows: Path) -> None:
    import ray

    try:
        found = pl.concat(RayExecutor(batch_rows=64).mapped(rows, ["text"], KERNEL))
    finally:
        ray.shutdown()
    assert found.equals(pl.concat(HereExecutor().mapped(rows, ["text"], KERNEL)))


@pytest.mark.skipif(find_spec("ray") is not None, reason="ray is installed here")
def test_without_ray_the_line_that_installs_it_is_named(rows: Path) -> None:
    with pytest.raises(DependencyError, match=r"ray is not installed.*\n?.*\.\[ray\]"):
        next(RayExecutor().mapped(rows, ["text"], KERNEL))


def test_the_setting_engine_names_where_texts_are_read(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text('[line]\nmodel = "student"\n')
    assert isinstance(open_shop(tmp_path, actor="a").executor, HereExecutor)
    (tmp_path / "heirloom.toml").write_text('[engine]\nname = "ray"\naddress = "head:6379"\n')
    assert open_shop(tmp_path, actor="a").executor == RayExecutor(address="head:6379")
    (tmp_path / "heirloom.toml").write_text('[engine]\nname = "spark"\n')
    with pytest.raises(PolicyError, match="neither 'here' nor 'ray'"):
        _ = open_shop(tmp_path, actor="a").executor
