"""Plan, advise and play in a whole workspace: what they say, and that they leave everything as it was."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.shell import Done, make_workspace, run


def bytes_of(workspace: Path) -> dict[str, str]:
    """Every file of policy, shards and cycle, and the ledger's head."""
    files = [
        workspace / "policy.toml",
        *(path for folder in ("cycle", "shards") for path in (workspace / folder).rglob("*") if path.is_file()),
    ]
    found = {str(path.relative_to(workspace)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {**found, "ledger": run(workspace, "status", "--json").document["ledger"]["head"]}


@pytest.mark.e2e
def test_a_stricter_plan_shows_the_bottleneck_and_the_rows_that_lift_it_and_changes_no_file(copy: Callable[[], Path]):
    workspace = copy()
    assert run(workspace, "synthesize").code == 0
    ours = run(workspace, "plan", "--json").document
    before = bytes_of(workspace)
    stricter = run(workspace, "plan", "--set", "mixing.synthetic_cap_percent=10", "--json")
    assert stricter.code == 0, stricter.err
    found = stricter.document
    assert found["overrides"] == [{"setting": "synthetic_cap_percent", "policy": 35, "planned": 10}]
    assert found["headroom"]["bottleneck"]["name"] == "synthetic-cap"
    assert found["headroom"]["advice"]["rows"] > 0
    assert found["mix"]["tokens"]["synthetic"] < ours["mix"]["tokens"]["synthetic"]
    looser = run(workspace, "plan", "--set", "mixing.synthetic_cap_percent=40")
    assert looser.code == 3
    assert "looser than the policy's 35" in looser.err
    assert bytes_of(workspace) == before


@pytest.mark.e2e
def test_advice_and_trend_speak_of_the_finished_cycles(founded: tuple[Path, Done]):
    advice = run(founded[0], "advise", "--json")
    assert advice.code == 0, advice.err
    assert advice.document["schema"] == "heirloom/advise/1"
    assert [cycle["kind"] for cycle in advice.document["cycles"]] == ["founding", "retraining"]
    assert len(advice.document["approaches"]) == 6
    assert "needs_approval" in advice.document["proposal"]
    trend = run(founded[0], "trend")
    assert trend.code == 0
    assert "tail perplexity" in trend.out


@pytest.mark.e2e
def test_a_play_ranks_the_regimes_and_records_nothing(founded: tuple[Path, Done], tmp_path: Path):
    before = bytes_of(founded[0])
    page = tmp_path / "what-if.html"
    played = run(founded[0], "trend", "what-if", "--cycles", "2", "--seeds", "1", "--tokens", "8000", "--page", str(page), "--json")
    assert played.code == 0, played.err
    last = {
        course["arm"]["cap_percent"] or course["arm"]["regime"]: course["tail_perplexity"][-1]["mean"]
        for course in played.document["courses"]
    }
    assert last["replace"] > last[50] > last["capped"]
    assert "default-src 'none'" in page.read_text()
    assert bytes_of(founded[0]) == before


def test_before_any_cycle_advice_says_what_is_not_known_and_a_play_what_to_do_first(tmp_path: Path):
    workspace = make_workspace(tmp_path / "fresh")
    advice = run(workspace, "advise")
    assert advice.code == 0, advice.err
    assert "Not known yet" in advice.out
    played = run(workspace, "trend", "what-if")
    assert played.code == 2
    assert "heirloom plan" in played.err
