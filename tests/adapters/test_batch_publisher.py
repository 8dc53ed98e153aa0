import tomllib
from pathlib import Path

import polars as pl
import pytest

from governance.adapters.batch.door import FileBatchDoor
from governance.policy import read_policy

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "data" / "articles.parquet"
WORKSPACE = ROOT / "infra" / "workspaces" / "publisher"


@pytest.mark.skipif(not CORPUS.exists(), reason="the publisher's corpus is not beside this checkout (shared/data/articles.parquet)")
def test_the_publishers_corpus_is_admitted_but_for_its_empty_rows(tmp_path: Path) -> None:
    mapping = tomllib.loads((WORKSPACE / "heirloom.toml").read_text())["source"]["mapping"]
    admitted = tmp_path / "admitted.parquet"
    rules = read_policy(WORKSPACE / "policy.toml").provenance
    audit = FileBatchDoor().admit([CORPUS], mapping, rules, admitted, tmp_path / "quarantine.jsonl")
    assert (audit["rows_in"], audit["admitted"], audit["by_rule"]) == (35_615, 35_292, {"empty-text": 323})
    assert audit["by_origin"] == {"human": 6_999, "hybrid": 1_344, "model": 26_949}
    assert (audit["unknown_generator_version"], audit["unknown_vintage"]) == (3_550, 0)
    assert audit["renamed"] == {"bloomz-7b": 100, "claude-instant": 100, "flan-t5-11b": 100, "gpt4": 100}
    assert audit["alias_suggestions"] == {}
    assert [one["name"] for one in audit["expectations"] if not one["success"]] == ["every-slice-has-human-rows"]
    rows = pl.read_parquet(admitted)
    assert set(rows["source_tier"]) == {"publisher", "archive", "dataset"}
    assert rows.filter(pl.col("parent_ids").list.len() > 0).height == 9_433
