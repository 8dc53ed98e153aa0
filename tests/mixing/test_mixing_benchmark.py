"""The benchmark of the mix stage works at a desk of its own: where a stage asks for more, it has to hand out more."""

from pathlib import Path

import polars as pl

from benchmarks.mixing_stage import plant, run_stage
from governance.digest import read_document


def test_the_benchmark_of_the_mix_stage_mixes_what_it_planted(tmp_path: Path) -> None:
    plant(tmp_path, 400, 10)
    run_stage(tmp_path)
    document = read_document(tmp_path / "mix.json")
    assert sum(document["rows"].values()) == pl.read_parquet(tmp_path / "mix.parquet").height
    assert sum(document["dropped"].values()) + document["rows"]["human"] + document["rows"]["synthetic"] == 400
    assert document["dropped"]["near-duplicate"] > 0
