"""The publisher's corpus as docs/corpus-audit.md tells of it."""

import tomllib
from pathlib import Path

import pytest

from flows.audit import audit_corpus
from governance.adapters.report.corpus import render_corpus

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "data" / "articles.parquet"
MAPPING = tomllib.loads((ROOT / "infra" / "workspaces" / "publisher" / "heirloom.toml").read_text())["source"]["mapping"]


def asked() -> list[str]:
    """The workspace's mapping as somebody would type it."""
    plain = [f"{field}={','.join(found) if isinstance(found, list) else found}" for field, found in MAPPING.items() if field != "values"]
    return plain + [f"{field}.{found}={ours}" for field, table in MAPPING["values"].items() for found, ours in table.items()]


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.exists(), reason="the publisher's corpus is not beside this checkout (shared/data/articles.parquet)")
def test_the_publishers_corpus_gives_the_figures_that_the_page_of_the_documentation_signs() -> None:
    document = audit_corpus(CORPUS, asked(), None).document
    assert (document["rows"], document["tokens"], document["read"]["left_out"]) == (35_292, 8_193_871, {"empty-text": 323})
    assert {origin: counts["rows"] for origin, counts in document["declared"].items()} == {"human": 6_999, "model": 26_949, "hybrid": 1_344}
    assert document["copies"]["repeats"] == 616
    assert (document["trend"]["direction"], round(document["trend"]["slope"], 3)) == ("rises", 0.066)
    assert document["near_duplicates"]["hits"] == 1_327
    openings = {one["words"]: (one["human"], one["synthetic"]) for one in document["openings"] if one["kind"] == "text" and "words" in one}
    assert (openings["here is a"], openings["legacy img src"]) == ((0, 700), (581, 0))
    assert document["artefacts"]["refusal-boilerplate"] == {"model": 298}
    assert document["read"]["label_troubles"] == {}
    assert len(render_corpus(document)) < 300_000
