"""A yes in staging is a signature over a statement, is weighed anew at promotion, and is spent by it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from governance.actions.approve import approve, draft_approval, reject
from governance.actions.promote import promote
from governance.actions.recover import recover
from governance.actions.rollback import rollback
from governance.adapters.ssh_signatures import SshSigner
from governance.errors import ConflictError, PolicyError, RefusedError
from governance.release import kinds
from governance.release.approval_statement import Statement
from governance.release.history import history
from governance.release.ledger import Event
from governance.release.state import State
from governance.release.terms import Terms
from governance.release.views import status_tags
from tests.actions.chamber import Chamber
from tests.actions.invariants import check_settled
from tests.world import Killed, Killer


@pytest.fixture
def chamber(tmp_path: Path, people: dict[str, Path]) -> Chamber:
    return Chamber(tmp_path, people)


def last(chamber: Chamber, kind: str) -> Event:
    return next(event for event in reversed(chamber.world.ledger.kept) if event.kind == kind)


def test_an_approval_is_signed_recorded_whole_and_promotes(chamber: Chamber) -> None:
    given = chamber.approve("reviewer-a")
    assert (given.missing, given.changed) == (0, True)
    event = last(chamber, kinds.APPROVAL_GIVEN)
    lasts = datetime.fromisoformat(given.not_after) - datetime.fromisoformat(event.at)
    assert timedelta(days=7) - timedelta(minutes=1) < lasts <= timedelta(days=7)
    assert event.body["key"] == given.key == SshSigner(key=chamber.people["reviewer-a"]).fingerprint()
    statement = Statement.of(chamber.world.state().releases[2].approvals[0], 2)
    assert statement is not None
    assert statement.digest == event.body["statement_sha256"]
    assert (statement.seq, statement.head) == (event.seq - 1, event.previous)
    assert status_tags(chamber.world.state(), 2)["heirloom.approvals"] == f"reviewer-a (ledger {event.seq})"
    assert "heirloom.approvals" not in status_tags(chamber.world.state(), 1)
    done = chamber.promote()
    assert (done.changed, done.approved_by) == (True, ("reviewer-a",))
    intended = last(chamber, kinds.PROMOTION_INTENDED).body
    assert (intended["approvals"], intended["policy_committer"]) == ([event.seq], "not known: policy.toml is in no git checkout")


def test_what_is_not_signed_does_not_count_outside_the_demo(chamber: Chamber) -> None:
    with pytest.raises(RefusedError, match="not signed do not count in staging"):
        approve(chamber.world.desk("reviewer-a"), 2, "yes", chamber.terms())
    by_name = chamber.terms(environment="demo")
    approve(chamber.world.desk("reviewer-a"), 2, "yes", by_name)
    assert chamber.doubts(held_to=by_name) == [""]
    assert chamber.doubts(held_to=chamber.terms(environment="demo", signed="required")) == [
        "it is not signed, and demo counts signed approvals only"
    ]


def test_history_gives_the_reasons_of_those_whose_yes_counted_and_of_nobody_else(chamber: Chamber) -> None:
    loose = chamber.terms(exclude_requester=False)
    approve(chamber.world.desk("engineer-a"), 2, "mine is best", loose, SshSigner(key=chamber.people["engineer-a"]))
    chamber.approve("reviewer-a")
    chamber.promote()
    move = history(chamber.world.ledger.kept)[0]
    assert (move.who, move.why) == ("reviewer-a", "read 20 pairs")


def test_of_two_approvals_each_is_a_signature_of_its_own(chamber: Chamber) -> None:
    two = chamber.terms(approvals=2)
    assert chamber.approve("reviewer-a", held_to=two).missing == 1
    assert chamber.promote(held_to=two).missing == 1
    assert chamber.approve("reviewer-b", held_to=two).missing == 0
    assert chamber.promote(held_to=two).approved_by == ("reviewer-a", "reviewer-b")


def test_what_was_shown_and_is_not_so_any_more_is_not_signed(chamber: Chamber) -> None:
    desk = chamber.world.desk("reviewer-a")
    shown = draft_approval(desk, 2, "read", chamber.terms())
    desk.ledger.record(kinds.NOTE_ADDED, {"about": 1, "text": "unrelated"})
    signer = SshSigner(key=chamber.people["reviewer-a"])
    with pytest.raises(ConflictError, match="what you agreed to is not so"):
        approve(desk, 2, "another reason", chamber.terms(), signer, shown=shown)
    assert approve(desk, 2, "read", chamber.terms(), signer, shown=shown).changed
    assert chamber.doubts() == [""]


def test_a_race_for_the_head_is_signed_again_for_the_place_that_it_gets(chamber: Chamber) -> None:
    def rival(event: Event) -> None:
        chamber.world.ledger.before_append = lambda _: None
        chamber.world.desk("reviewer-b").ledger.record(kinds.NOTE_ADDED, {"about": 1, "text": "first"})

    chamber.world.ledger.before_append = rival
    assert chamber.approve("reviewer-a").changed
    assert chamber.doubts() == [""]


def test_an_approval_is_spent_by_its_promotion_and_does_not_bring_a_version_back(chamber: Chamber) -> None:
    chamber.approve("reviewer-a")
    chamber.promote()
    chamber.world.add("three", synthetic_tokens=100, depth=1, review_for="engineer-a")
    chamber.approve("reviewer-a", version=3)
    chamber.promote(3)
    rollback(chamber.world.desk("oncall-a"), "1")
    state = chamber.world.state()
    assert (state.champion, state.releases[2].quarantined, state.releases[3].quarantined) == (1, False, True)
    with pytest.raises(RefusedError, match="recalled"):
        chamber.promote(2)
    with pytest.raises(RefusedError, match="quarantined"):
        chamber.promote(3)
    assert ["was spent by the promotion" in doubt for doubt in chamber.doubts(2) + chamber.doubts(3)] == [True, True]


def test_a_promotion_that_a_rollback_cancelled_spends_the_approval_too(chamber: Chamber) -> None:
    chamber.approve("reviewer-a")

    def stop(step: str) -> None:
        if step == "promote.intended":
            rollback(chamber.world.desk("oncall-a"), "previous")

    with pytest.raises(ConflictError, match="was cancelled"):
        promote(chamber.world.desk(steps=stop), 2, chamber.terms())
    assert chamber.doubts() == ["its version was left by a rollback"]


@pytest.mark.parametrize("lost", ["expired", "off the list", "policy", "broken policy", "nothing"])
def test_an_open_promotion_is_finished_only_while_its_approval_counts(chamber: Chamber, lost: str) -> None:
    def terms() -> Terms:
        if lost == "broken policy":
            raise PolicyError("is not TOML", where="policy.toml")
        return chamber.terms(policy_sha256="f" * 64) if lost == "policy" else chamber.terms()

    chamber.approve("reviewer-a")
    with pytest.raises(Killed):
        promote(chamber.world.desk(steps=Killer(at="promote.pointer")), 2, chamber.terms())
    if lost == "expired":
        chamber.world.clock.at += timedelta(days=7)
    if lost == "off the list":
        chamber.allow("reviewer-b")
    chamber.world.terms = terms
    found = recover(chamber.world.desk())
    assert found.result == ("finished" if lost == "nothing" else "abandoned"), found
    check_settled(chamber.world, 2 if lost == "nothing" else 1)
    assert not recover(chamber.world.desk()).changed


def test_an_intent_that_was_written_into_the_ledger_promotes_nothing(chamber: Chamber) -> None:
    chamber.world.terms = chamber.terms
    release = chamber.world.state().releases[2]
    body = {
        "version": 2,
        "from": 1,
        "checkpoint": release.checkpoint,
        "approved_by": ["reviewer-a"],
        "approvals": [5],
        "policy_committer": "",
    }
    chamber.world.desk("mallory").ledger.record(kinds.PROMOTION_INTENDED, body)
    found = recover(chamber.world.desk())
    assert (found.result, found.reason) == ("abandoned", "1 of its approvals do not count any more")
    check_settled(chamber.world, 1)


def test_a_refusal_is_signed_where_there_is_a_key_and_counts_without(chamber: Chamber) -> None:
    signed = reject(chamber.world.desk("reviewer-a"), 2, "bland", SshSigner(key=chamber.people["reviewer-a"]))
    body = last(chamber, kinds.APPROVAL_REFUSED).body
    assert signed.key == body["key"] != ""
    assert body["signature"].startswith("-----BEGIN SSH SIGNATURE-----")
    version = chamber.world.add("three", review_for="engineer-a")
    named = reject(chamber.world.desk("mallory"), version, "no key of mine is listed", SshSigner(key=chamber.people["mallory"]))
    assert (named.changed, named.key) == (True, "")


def test_a_ledger_of_an_older_version_folds_and_its_approvals_are_by_name_and_end_all_the_same(chamber: Chamber) -> None:
    demo = chamber.terms(environment="demo")
    approve(chamber.world.desk("reviewer-a"), 2, "yes", demo)
    kept = chamber.world.ledger.kept
    given = kept.pop()
    older = {key: given.body[key] for key in kinds.BODIES[kinds.APPROVAL_GIVEN] - kinds.LATER[kinds.APPROVAL_GIVEN]}
    chamber.forge(given.__class__(**{**{name: getattr(given, name) for name in given.__slots__}, "body": older}))
    state: State = chamber.world.state()
    assert (state.releases[2].approvals[0].not_after, state.releases[2].approvals[0].signed) == (None, False)
    assert chamber.doubts(held_to=demo) == [""]
    chamber.world.clock.at += timedelta(days=8)
    assert ["was valid until" in doubt for doubt in chamber.doubts(held_to=demo)] == [True]
