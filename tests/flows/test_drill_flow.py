"""A drill in a workspace: bred on its own text, kept with the version of the gate, named by the ledger, and what a claim rests on."""

import json
from pathlib import Path

import pytest

from cli.main import main
from flows.drill import Asked, run_drill
from governance.digest import digest_document, read_document
from governance.errors import UsageError
from governance.wiring import Shop, open_shop

TRIAL = {"fault", "seed", "cycle", "verdict", "alarms", "blocking", "changes", "planned"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The embedded default with the n-gram student, asked little, whose policy claims that its margins are calibrated."""
    root = tmp_path_factory.mktemp("drill") / "line"
    assert main(["init", str(root)]) == 0
    policy = (root / "policy.toml").read_text()
    changed = policy.replace('trainer = "transformers"', 'trainer = "ngram"').replace("calibrated = false", "calibrated = true")
    changed = changed.replace("samples_per_prompt = 8", "samples_per_prompt = 1").replace("max_new_tokens = 48", "max_new_tokens = 12")
    assert changed.count("ngram") == 1 + policy.count("ngram")
    (root / "policy.toml").write_text(changed)
    return open_shop(root)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trainer": "nobody"}, "no trainer"),
        ({"faults": ("flood",)}, "no fault"),
        ({"model": "huge"}, "no model"),
        ({"seeds": 0}, "0 seeds"),
    ],
)
def test_what_cannot_be_drilled_is_said_before_anything_is_bred(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    root = tmp_path / "line"
    assert main(["init", str(root)]) == 0
    with pytest.raises(UsageError, match=said):
        run_drill(open_shop(root), Asked(**{"trainer": "ngram", **changes}))


@pytest.mark.slow
def test_a_part_of_a_drill_is_shown_and_not_recorded(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["drill", "run", "--faults", "human_only", "--rows", "80", "--anchors", "80", "--seeds", "1", "--pairs", "0", "--json"]
    main([*asked, "--workspace", str(shop.workspace.root)])
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["trainer"], len(document["trials"])) == ("heirloom/drill/1", "ngram", 3)
    assert shop.ledger.state().last_drill is None
    assert not shop.workspace.drills.exists()


@pytest.mark.slow
def test_a_whole_drill_is_kept_named_by_the_ledger_and_is_what_a_claim_rests_on(shop: Shop) -> None:
    assert not shop.terms.margins_calibrated
    report = run_drill(shop, Asked(trainer="ngram", model="own", seeds=1, rows=80, anchors=80, pairs=1))
    found = shop.ledger.state().last_drill
    assert (found.gate_version, found.own, found.broken) == (shop.gate_version, True, len(report.drilled.broken))
    assert digest_document(read_document(report.path)) == found.drill_sha256 == report.sha256
    assert shop.terms.margins_calibrated == (found.broken == 0)
    assert not (shop.workspace.scratch / "drill").exists()
    assert all(set(trial) == TRIAL for trial in report.document["trials"])
