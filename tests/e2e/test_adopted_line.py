"""A team's own model instead of generation 0: adopted with its unknown past, then retrained, with the interval in every view."""

import json
from pathlib import Path

import pytest

from governance.adapters.trainers.ngram import TRAINER as NGRAM
from governance.training.recipe import Recipe
from tests.e2e.shell import make_workspace, run

TEXTS = [f"The team kept a model of its own for years, and note {n} of its manual says what it learnt." for n in range(300)]
WHY = ("--reason", "it has served the newsroom since spring")


def own_model(folder: Path) -> Path:
    """A checkpoint that was made outside every workspace."""
    NGRAM.found(TEXTS, Recipe(), 7, folder)
    return folder


@pytest.mark.e2e
def test_a_line_that_adopts_a_model_retrains_from_it_and_never_calls_it_pre_synthetic(tmp_path: Path):
    workspace, checkpoint = make_workspace(tmp_path / "newsroom"), own_model(tmp_path / "ours")
    adopted = run(workspace, "adopt", str(checkpoint), *WHY, "--tokens", "500000", "--json")
    assert adopted.code == 0, adopted.err
    assert (adopted.document["version"], adopted.document["baseline"], adopted.document["pre_synthetic"]) == (1, True, False)
    again = run(workspace, "adopt", str(checkpoint), *WHY)
    assert (again.code, "heirloom init" in again.err) == (3, True)
    assert "0.0 to 100.0 %" in run(workspace, "status").out
    assert "it has served the newsroom since spring" in run(workspace, "review", "1").out
    assert run(workspace, "rollback", "--to", "pre-synthetic", "--yes").code == 3

    assert run(workspace, "synthesize", "--json").code == 0
    done = run(workspace, "retrain", "--json")
    assert done.code in (0, 3, 9), done.out + done.err
    (cycle,) = done.document["cycles"]
    assert (cycle["kind"], cycle["version"]) == ("retraining", 2)
    frozen, lineage = (json.loads((workspace / "cycle" / name).read_text()) for name in ("cycle.json", "lineage.json"))
    assert frozen["start"]["digest"] == frozen["champion"]["digest"] == frozen["baseline"]["digest"] == adopted.document["checkpoint"]
    share = lineage["effective_share"]
    assert (lineage["unknown_tokens"], 0 < share["low"] < share["high"] < 1000) == (500_000, True)
    reviewed = run(workspace, "review", "2").out
    assert f"{share['low'] / 10:.1f} to {share['high'] / 10:.1f} %" in reviewed
    assert f"{share['low'] / 10:.1f} to {share['high'] / 10:.1f} %" in (workspace / "cycle" / "review" / "report.html").read_text()
