"""By whose word a version is promoted."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import ConflictError, PolicyError, RefusedError
from governance.release import kinds, promotion
from governance.release.electorate import Committer, Hearing
from governance.release.fold import fold
from governance.release.ledger import follow
from governance.release.rules import PromotionRules
from governance.release.terms import Terms
from governance.section import read_section
from tests.release.ledger_events import chain, frozen, promoted, registered, rolled

NOBODY = Committer(shown="not known: nobody looked")
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)


def permit(state, version, terms, at=AT, committer=NOBODY, **unproven):
    return promotion.permit(state, version, terms, Hearing(at=at, model="student", committer=committer, **unproven))


def check_approver(state, version, actor, terms, committer=NOBODY):
    return promotion.check_approver(state, version, actor, terms, committer)


def terms(environment="demo", calibrated=False, policy="policy", **rules):
    return Terms(rules=PromotionRules(**rules), policy_sha256=policy, environment=environment, margins_calibrated=calibrated)


def review(**rules):
    return terms(mode="review", **rules)


def start(*more):
    """Release 1 serves, 2 waits (asked for by engineer-b), 3 was blocked."""
    asked = (kinds.REVIEW_REQUESTED, {"version": 2, "requested_by": "engineer-b"})
    return chain(registered(1), promoted(1), registered(2), asked, registered(3, verdict="block"), *more)


def approving(events, by, **changes):
    body = {
        "version": 2,
        "checkpoint": "bytes-2",
        "decision_sha256": "decision-2",
        "policy_sha256": "policy",
        "expected_champion": 1,
        "reason": "read it",
    }
    return [*events, follow(events[-1], kind=kinds.APPROVAL_GIVEN, actor=by, at="2026-11-20T01:00:00+00:00", body={**body, **changes})]


def test_auto_means_that_the_policy_is_the_approver():
    permission = permit(fold(start()), 2, terms())
    assert (permission.granted, permission.approved_by, permission.expected_champion) == (True, ("policy",), 1)


def test_auto_is_refused_in_production_even_with_calibrated_margins():
    with pytest.raises(RefusedError, match="not allowed in production"):
        permit(fold(start()), 2, terms("production", calibrated=True))


def test_auto_outside_the_demo_needs_calibrated_margins():
    with pytest.raises(RefusedError, match="needs calibrated margins"):
        permit(fold(start()), 2, terms("staging"))
    assert permit(fold(start()), 2, terms("staging", calibrated=True)).granted


@pytest.mark.parametrize("mode", ["auto", "review"])
@pytest.mark.parametrize("verdict", ["block", "inconclusive"])
def test_only_a_pass_can_be_promoted(mode, verdict):
    events = approving(start(registered(4, verdict=verdict)), "reviewer-a", version=4)
    with pytest.raises(RefusedError, match=f"was judged '{verdict}'"):
        permit(fold(events), 4, terms(mode=mode))


def test_an_unknown_version_is_refused_and_the_waiting_ones_are_named():
    with pytest.raises(RefusedError, match="version 9 is not registered") as refused:
        permit(fold(start()), 9, terms())
    assert "2" in refused.value.expected


def test_a_policy_that_was_edited_since_refuses():
    with pytest.raises(RefusedError, match="was judged under policy"):
        permit(fold(start()), 2, terms(policy="edited"))


def test_a_champion_that_moved_since_the_cycle_was_frozen_is_a_conflict():
    events = chain(registered(1), promoted(1), frozen(2), registered(3), promoted(3, 1), registered(2))
    with pytest.raises(ConflictError, match="judged against release 1, and now release 3 serves"):
        permit(fold(events), 2, terms())


def test_a_quarantined_version_cannot_come_back():
    events = start(promoted(2, 1), rolled(1, 2))
    with pytest.raises(RefusedError, match="quarantined"):
        permit(fold(events), 2, terms())


def test_review_waits_for_as_many_people_as_the_policy_says():
    events = start()
    assert permit(fold(events), 2, review(approvals=2)).missing == 2
    events = approving(events, "reviewer-a")
    assert permit(fold(events), 2, review(approvals=2)).missing == 1
    assert permit(fold(approving(events, "reviewer-b")), 2, review(approvals=2)).granted


@pytest.mark.parametrize("name", ["reviewer-a", "Reviewer-A", " reviewer-a ", "\uff52eviewer-a"])
def test_one_person_in_two_spellings_is_one_approval(name):
    events = approving(approving(start(), "reviewer-a"), name)
    assert permit(fold(events), 2, review(approvals=2)).missing == 1


@pytest.mark.parametrize("name", ["engineer-b", "ENGINEER-B", "engineer-a"])
def test_who_asked_or_registered_does_not_count_and_is_told_so(name):
    state = fold(approving(start(), name))
    assert permit(state, 2, review()).missing == 1
    with pytest.raises(RefusedError, match="asked for version 2"):
        check_approver(state, 2, name, review())
    assert permit(state, 2, review(exclude_requester=False)).granted


@pytest.mark.parametrize(
    "changes",
    [
        {"checkpoint": "other"},
        {"decision_sha256": "other"},
        {"policy_sha256": "other"},
        {"expected_champion": None},
        {"expected_champion": 7},
    ],
)
def test_an_approval_of_anything_else_does_not_count(changes):
    assert permit(fold(approving(start(), "reviewer-a", **changes)), 2, review()).missing == 1


def test_the_approvals_of_a_version_that_was_promoted_are_spent_whatever_else_would_let_it_pass():
    state = replace(fold(approving(start(), "reviewer-a")), champion=1)
    assert permit(state, 2, review()).granted
    spent = replace(state.releases[2], promoted_seq=99)
    with pytest.raises(RefusedError, match="promoted at ledger 99, and its approvals were spent by that"):
        permit(replace(state, releases={**state.releases, 2: spent}), 2, review())


@given(at=st.text(max_size=25) | st.datetimes().map(str), end=st.none() | st.text(max_size=25) | st.datetimes().map(str))
def test_no_time_that_somebody_writes_into_an_event_stops_the_weighing_or_makes_a_yes_last(at, end):
    events = approving(start(), "reviewer-a")
    last = events[-1]
    forged = follow(events[-2], kind=last.kind, actor=last.actor, at=at, body={**last.body, "not_after": end})
    found = permit(fold([*events[:-1], forged]), 2, review(), at=datetime(2200, 1, 1, tzinfo=UTC))
    assert found.weighed[0].doubt


def test_a_refusal_outweighs_every_approval():
    events = approving(start((kinds.APPROVAL_REFUSED, {"version": 2, "reason": "no"})), "reviewer-a")
    with pytest.raises(RefusedError, match="was refused by engineer-a"):
        permit(fold(events), 2, review())


def test_the_section_of_the_policy_is_strict():
    assert read_section(PromotionRules, {"mode": "review", "approvals": 2}, "policy.promotion").approvals == 2
    wrongs = (
        *(
            {"mode": "maybe"},
            {"approvals": 0},
            {"approvals": 21},
            {"approver": 1},
            {"signed": "maybe"},
            {"valid_days": 0},
            {"valid_days": 366},
        ),
        *({"exclude": ["somebody"]}, {"exclude": ["requester"], "exclude_requester": False}, {"approvers": ["a", "a"], "approvals": 2}),
    )
    for wrong in wrongs:
        with pytest.raises(PolicyError, match=r"policy\.promotion"):
            read_section(PromotionRules, wrong, "policy.promotion")
