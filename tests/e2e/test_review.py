"""Promotion by people: four eyes by name, and everything bound to what was seen."""

import json
import os
import pty
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.shell import BIN, Done, environment, run
from tests.keys import allow, make_key


def reviewed(founded: tuple[Path, Done], tmp_path: Path, more: str = "") -> Path:
    """The founded workspace under a policy that waits for people, with the next batch judged; `more` are further settings of promotion."""
    workspace = tmp_path / "reviewed"
    shutil.copytree(founded[0], workspace)
    policy = workspace / "policy.toml"
    policy.write_text(policy.read_text().replace('mode = "auto"', f'mode = "review"\n{more}'))
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


def committed(workspace: Path, author: str) -> None:
    """The policy under git, with a commit of somebody."""
    who = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": f"{author}@house.example"}
    who |= {"GIT_COMMITTER_NAME": author, "GIT_COMMITTER_EMAIL": f"{author}@house.example"}
    for words in (["init", "-q"], ["add", "policy.toml"], ["commit", "-q", "-m", "policy"]):
        subprocess.run(["git", "-C", str(workspace), *words], check=True, env={**os.environ, **who})


def typed(workspace: Path, answer: bytes, *arguments: str, **extra: str) -> Done:
    """The command at a terminal at which somebody answers."""
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    words, env = [str(BIN / "heirloom"), *arguments], environment(**extra)
    done = subprocess.run(words, cwd=workspace, env=env, stdin=theirs, capture_output=True, text=True, check=False)
    os.close(ours)
    os.close(theirs)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.e2e
def test_a_reviewer_signs_at_a_terminal_and_whose_word_it_is_can_be_shown(founded: tuple[Path, Done], tmp_path: Path):
    workspace = reviewed(founded, tmp_path, 'signed = "required"\n')
    committed(workspace, "platform-a")
    keys = {name: make_key(tmp_path / "keys" / name) for name in ("reviewer-a", "platform-a")}
    allow(workspace / "allowed_signers", *keys.items())
    reviewer = {"HEIRLOOM_ACTOR": "reviewer-a", "HEIRLOOM_SIGNING_KEY": str(keys["reviewer-a"])}
    platform = {"HEIRLOOM_ACTOR": "platform-a", "HEIRLOOM_SIGNING_KEY": str(keys["platform-a"])}
    assert "not signed do not count" in run(workspace, "approve", "3", "--yes", HEIRLOOM_ACTOR="reviewer-a").err
    barred = run(workspace, "approve", "3", "--yes", **platform)
    assert (barred.code, "platform-a committed the policy" in barred.err, "expected: reviewer-a" in barred.err) == (3, True, True)
    asked = run(workspace, "approve", "3", **reviewer)
    assert (asked.code, "heirloom approve 3 --yes" in asked.err) == (2, True)
    assert typed(workspace, b"n\n", "approve", "3", **reviewer).code == 130
    assert run(workspace, "status", "--json").document["polls"]["3"]["counted"] == 0
    done = typed(workspace, b"y\n", "approve", "3", "--reason", "read the samples", **reviewer)
    assert done.code == 0, done.out + done.err
    assert "You approve, as reviewer-a (ssh key SHA256:" in done.err
    assert "policy committer platform-a, " in done.err
    assert "1 of 1 approvals." in done.out
    shown = run(workspace, "review", "3", "--export", str(tmp_path / "out"))
    assert "May not: platform-a, who committed the policy" in shown.out
    envelope = next((tmp_path / "out").glob("*.dsse.json"))
    proof = run(workspace, "verify", "approval", str(envelope))
    assert (proof.code, "was spent by the promotion" in proof.out) == (0, True), proof.out + proof.err
    allow(workspace / "allowed_signers", ("platform-a", keys["platform-a"]))
    assert run(workspace, "verify", "approval", str(envelope)).code == 4


@pytest.mark.e2e
def test_scores_of_own_benchmarks_stand_beside_the_gates_and_change_no_verdict(founded: tuple[Path, Done], copy: Callable[[], Path]):
    workspace = copy()
    before = run(workspace, "review", "2", "--json").document
    assert before["tasks"]["given"] is False
    settings = workspace / "heirloom.toml"
    settings.write_text(settings.read_text() + '[tasks]\nscores = "scores.json"\n')
    told = [{"checkpoint": before["checkpoint"], "task": "arc", "score": 0.2, "questions": 300}]
    (workspace / "scores.json").write_text(json.dumps({"schema": "heirloom/task-scores/1", "scores": told}))
    added = run(workspace, "tasks", "2", "--json")
    assert added.code == 0, added.err
    assert (added.document["changed"], added.document["registry"]) == (True, True)
    after = run(workspace, "review", "2")
    assert "Own tasks (they decide nothing):" in after.out
    report = Path(before["report"]).read_text()
    assert "<h2>Your own tasks</h2>" in report
    assert "<td>arc <small>300 questions</small></td>" in report
    assert run(workspace, "review", "2", "--json").document["decision"] == before["decision"]
    (workspace / "scores.json").write_text("{")
    wrong = run(workspace, "retrain")
    assert (wrong.code, "scores.json: is no JSON" in wrong.err) == (2, True)
