import tomllib
from pathlib import Path

import polars as pl
import pytest

from governance.adapters.batch.door import FileBatchDoor
from governance.provenance.rules import ProvenanceRules

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "data" / "articles.parquet"
SETTINGS = ROOT / "infra" / "workspaces" / "publisher" / "heirloom.toml"


@pytest.mark.skipif(not CORPUS.exists(), reason="the publisher's corpus is not beside this checkout (shared/data/articles.parquet)")
def test_the_publishers_corpus_is_admitted_but_for_its_empty_rows(tmp_path: Path) -> None:
    mapping = tomllib.loads(SETTINGS.read_text())["source"]["mapping"]
    admitted = tmp_path / "admitted.parquet"
    audit = FileBatchDoor().admit([CORPUS], mapping, ProvenanceRules(), admitted, tmp_path / "quarantine.jsonl")
    assert (audit["rows_in"], audit["admitted"], audit["by_rule"]) == (35_615, 35_292, {"empty-text": 323})
    assert audit["by_origin"] == {"human": 6_999, "hybrid": 1_344, "model": 26_949}
    assert (audit["unknown_generator_version"], audit["unknown_vintage"]) == (3_350, 0)
    assert [one["name"] for one in audit["expectations"] if not one["success"]] == ["every-slice-has-human-rows"]
    rows = pl.read_parquet(admitted)
    assert set(rows["source_tier"]) == {"publisher", "archive", "dataset"}
    assert rows.filter(pl.col("parent_ids").list.len() > 0).height == 9_433
