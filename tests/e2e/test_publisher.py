"""The publisher's corpus: one command from messy rows to a verdict that nobody may read as a promise about the tail."""

import json
from pathlib import Path

import pytest

from tests.e2e.shell import dvc, run

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "data"
LIKE = ROOT / "infra" / "workspaces" / "publisher"


@pytest.mark.e2e
@pytest.mark.skipif(not (CORPUS / "articles.parquet").exists(), reason="the publisher's corpus is not beside this checkout (shared/data)")
def test_one_command_takes_the_publishers_corpus_to_an_inconclusive_verdict(tmp_path: Path):
    workspace = tmp_path / "newsroom"
    assert run(tmp_path, "init", str(workspace), "--like", str(LIKE), "--corpus", str(CORPUS)).code == 0
    done = run(workspace, "retrain", "--json", timeout=3000)
    assert done.code == 9, done.out + done.err
    founding, retraining = done.document["cycles"]
    assert (founding["kind"], founding["verdict"], founding["mix"]["tokens"]["synthetic"]) == ("founding", "pass", 0)
    assert (retraining["verdict"], retraining["promotion"]) == ("inconclusive", None)
    tail = [g for g in retraining["decision"]["gates"] if g["metric"] == "tail_perplexity" and g["against"] == "baseline"]
    assert [(g["verdict"], g["n"]) for g in tail] == [("inconclusive", 189)]
    assert "200" in tail[0]["reason"]
    audit = json.loads((workspace / "cycle" / "audit.json").read_text())
    assert audit["rows_in"] == audit["admitted"] + audit["quarantined"]
    assert audit["by_rule"] == {"empty-text": audit["quarantined"]}
    tokens = retraining["mix"]["tokens"]
    assert tokens["synthetic"] * 100 <= 35 * (tokens["human"] + tokens["synthetic"])
    assert tokens["anchor"] * 100 >= 15 * sum(tokens.values())
    assert run(workspace, "status", "--json").document["champion"] == 1
    assert "up to date" in dvc(workspace, "status").out
