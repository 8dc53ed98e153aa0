"""By whose word the champion serves is found out again: a promotion that was only written down is told from one that people gave."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.champion_word import check_approvers, check_champion_word
from governance.actions.approve import approve
from governance.actions.promote import promote
from governance.actions.register import register
from governance.adapters.checks.check import Check
from governance.adapters.ssh_signatures import SshSigner, SshVerifier
from governance.digest import digest_document, write_document
from governance.policy import read_policy
from governance.release import kinds
from governance.wiring import open_shop
from tests.keys import allow, make_key
from tests.world import World, finished, terms

POLICY = '[line]\nmodel = "student"\nenvironment = "{environment}"\n[promotion]\nmode = "{mode}"\n'


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_key(tmp_path_factory.mktemp("people") / "reviewer-a")


class Line:
    """A workspace whose version 1 waits for its first promotion, judged under a policy that is kept."""

    def __init__(self, root: Path, key: Path, environment: str = "staging", mode: str = "review") -> None:
        root.mkdir()
        (root / "policy.toml").write_text(POLICY.format(environment=environment, mode=mode))
        policy = read_policy(root / "policy.toml")
        cycle = {"schema": "heirloom/cycle/1", "policy": policy.document()}
        self.world, self.key = World(root), key
        self.allowed = allow(root / "allowed_signers", ("reviewer-a", key))
        self.world.verifier = SshVerifier(allowed=self.allowed)
        self.terms = terms(policy_sha256=policy.digest, environment=environment, mode=mode)
        self.shop = open_shop(root, actor="auditor-a")
        self.archived = self.shop.workspace.archive(digest_document(cycle)) / "cycle.json"
        write_document(self.archived, cycle)
        judged = finished("one", policy_sha256=policy.digest, review_for="engineer-a")
        register(self.world.desk(), judged, replace(self.world.candidate("one"), cycle_digest=digest_document(cycle)))

    def approve(self) -> None:
        approve(self.world.desk("reviewer-a"), 1, "read", self.terms, SshSigner(key=self.key))

    def write(self, kind: str, **body: Any) -> None:
        self.world.desk("mallory").ledger.record(kind, body)

    def intend(self) -> None:
        said: Mapping[str, Any] = {"approved_by": ["reviewer-a"], "approvals": [3], "policy_committer": ""}
        self.write(kinds.PROMOTION_INTENDED, **{"version": 1, "from": None, "checkpoint": "", **said})

    def commit(self) -> None:
        self.write(kinds.PROMOTION_COMMITTED, **{"version": 1, "from": None, "approved_by": ["reviewer-a"]})

    def word(self) -> Check:
        for event in self.world.ledger.kept:
            self.shop.ledger.store.append(event)
        return check_champion_word(self.shop)


@pytest.fixture
def line(tmp_path: Path, key: Path) -> Line:
    return Line(tmp_path / "line", key)


@pytest.mark.parametrize(
    ("more", "level", "said"),
    [
        ("", "ok", "1 of reviewer-a"),
        ("approvals = 2\n", "warn", "2 approvals are wanted, and 1 people have a key that counts: reviewer-a"),
        ('approvers = ["reviewer-b"]\n', "warn", "1 approvals are wanted, and 0 people have a key that counts: nobody"),
        ('approvers = ["reviewer-b", "reviewer-a"]\n', "ok", "1 of reviewer-a"),
    ],
)
def test_a_policy_that_nobody_could_satisfy_is_told_beforehand(line: Line, more: str, level: str, said: str) -> None:
    policy = line.shop.workspace.policy
    policy.write_text(policy.read_text() + more)
    found = check_approvers(line.shop)
    assert (found.level, found.said) == (level, said)


def test_where_names_alone_count_nobody_needs_a_key_and_an_approving_policy_needs_nobody(tmp_path: Path, key: Path) -> None:
    by_name, nobody = Line(tmp_path / "a", key, "demo"), Line(tmp_path / "b", key, "demo", "auto")
    allow(by_name.allowed)
    assert check_approvers(by_name.shop).said == "1 of whoever acts"
    assert check_approvers(nobody.shop).said == "the policy is the approver"


def test_before_anything_serves_there_is_no_word(line: Line) -> None:
    assert (line.word().code, line.shop.ledger.state().champion) == (0, None)


def test_the_word_of_a_champion_that_people_promoted_holds(line: Line) -> None:
    line.approve()
    promote(line.world.desk(), 1, line.terms)
    found = line.word()
    assert (found.level, found.said.endswith(": by reviewer-a")) == ("ok", True)


def test_a_policy_that_is_the_approver_is_one_in_the_demo(tmp_path: Path, key: Path) -> None:
    line = Line(tmp_path / "line", key, "demo", "auto")
    promote(line.world.desk(), 1, line.terms)
    assert line.word().said.endswith(": by policy")


def test_an_approver_whose_line_is_gone_is_named_and_one_who_is_retired_is_not(line: Line) -> None:
    line.approve()
    promote(line.world.desk(), 1, line.terms)
    assert line.word().code == 0
    allow(line.allowed)
    found = check_champion_word(line.shop)
    assert (found.code, "is not among the allowed signers" in found.said, "valid-before" in found.fix) == (4, True, True)
    allow(line.allowed, ('reviewer-a valid-before="20270101Z"', line.key))
    assert check_champion_word(line.shop).code == 0


def test_a_promotion_that_was_only_written_down_is_found(line: Line) -> None:
    line.intend()
    line.commit()
    found = line.word()
    assert (found.code, "1 approvals are missing" in found.said) == (4, True)


def test_a_commitment_without_its_intent_is_found(line: Line) -> None:
    line.approve()
    line.commit()
    assert "its promotion was never begun" in line.word().said


def test_an_approval_that_had_ended_when_the_promotion_was_written_is_found(line: Line) -> None:
    line.approve()
    line.world.clock.at += timedelta(days=8)
    line.intend()
    line.commit()
    found = line.word()
    assert (found.code, "it was valid until" in found.said) == (4, True)


def test_a_version_that_was_refused_is_no_champion_by_any_word(line: Line) -> None:
    line.approve()
    line.write(kinds.APPROVAL_REFUSED, **{**dict.fromkeys(kinds.BODIES[kinds.APPROVAL_REFUSED]), "version": 1, "reason": "no"})
    line.intend()
    line.commit()
    assert "was refused by mallory" in line.word().said


def test_where_the_policy_of_then_is_not_kept_or_altered_it_is_not_guessed(line: Line) -> None:
    line.approve()
    promote(line.world.desk(), 1, line.terms)
    write_document(line.archived, {"policy": {}})
    assert line.word().level == "warn"
