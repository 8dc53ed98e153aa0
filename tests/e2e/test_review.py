"""Promotion by people: four eyes by name, and everything bound to what was seen."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.shell import Done, run


def reviewed(founded: tuple[Path, Done], tmp_path: Path) -> Path:
    """The founded workspace under a policy that waits for people, with the next batch judged."""
    workspace = tmp_path / "reviewed"
    shutil.copytree(founded[0], workspace)
    policy = workspace / "policy.toml"
    policy.write_text(policy.read_text().replace('mode = "auto"', 'mode = "review"'))
    waiting = run(workspace, "retrain", "--json")
    assert waiting.code == 7, waiting.out + waiting.err
    assert waiting.document["cycles"][0]["promotion"]["missing"] == 1
    return workspace


@pytest.mark.e2e
def test_who_asks_does_not_approve_and_somebody_else_does(founded: tuple[Path, Done], tmp_path: Path):
    workspace = reviewed(founded, tmp_path)
    assert run(workspace, "promote", "3").code == 7
    own = run(workspace, "approve", "3", "--yes", "--reason", "looks fine")
    assert own.code == 3
    assert "engineer-a asked for version 3" in own.err
    shown = run(workspace, "review", "3")
    assert "heirloom approve 3" in shown.out
    report = Path(run(workspace, "review", "3", "--json").document["report"])
    assert "<title>student, cycle 3: pass" in report.read_text()
    given = run(workspace, "approve", "3", "--yes", "--reason", "read the samples", "--json", HEIRLOOM_ACTOR="reviewer-a")
    assert given.code == 0, given.err
    assert given.document["promoted"] is True
    moves = run(workspace, "history", "--json").document["moves"]
    assert (moves[0]["who"], moves[0]["why"]) == ("reviewer-a", "read the samples")


@pytest.mark.e2e
def test_an_approval_does_not_move_to_another_policy_and_a_rejection_is_final(founded: tuple[Path, Done], tmp_path: Path):
    workspace = reviewed(founded, tmp_path)
    policy = workspace / "policy.toml"
    text = policy.read_text()
    policy.write_text(text.replace("minimum_human_tokens = 200", "minimum_human_tokens = 201"))
    moved = run(workspace, "approve", "3", "--yes", HEIRLOOM_ACTOR="reviewer-a")
    assert moved.code == 3
    assert "judged under" in moved.err
    policy.write_text(text)
    assert run(workspace, "reject", "3", "--reason", "bland", HEIRLOOM_ACTOR="reviewer-a").code == 0
    assert run(workspace, "approve", "3", "--yes", HEIRLOOM_ACTOR="reviewer-b").code == 3
