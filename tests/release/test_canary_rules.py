"""The canary by the events alone: what starts it, what ends it, and that no event after its window leaves it standing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import IntegrityError, RefusedError, UsageError
from governance.release import kinds
from governance.release.canary import WINDOW_OVER, Canaries
from governance.release.canary_terms import MOST_HOURS, MOST_PERCENT, check_window, permit_canary
from governance.release.electorate import Committer, Hearing
from governance.release.fold import fold
from governance.release.history import canary_stories
from governance.release.ledger import follow
from governance.release.views import drift, status_of, wanted_aliases
from tests.release.ledger_events import chain, promoted, registered, rolled
from tests.world import terms

UNTIL = "2026-11-21T00:00:00+00:00"
INSIDE, AFTER = "2026-11-20T23:59:59+00:00", "2026-11-21T00:00:00+00:00"


def started(version, until=UNTIL):
    body = {"version": version, "champion": 1, "checkpoint": "b", "percent": 5, "until": until, "approved_by": ["r"], "approvals": [3]}
    return kinds.CANARY_STARTED, body


LINE = [registered(1), promoted(1), registered(2), registered(3), started(2)]
ROWS = {"rows": 1, "reason": "asked", "withdrawn_sha256": "w", "kept": {}}
ENDS = {
    "taken off": (kinds.CANARY_ENDED, {"version": 2, "started": 5, "reason": "sounds flat"}),
    "promoted": promoted(2, 1),
    "another promoted": promoted(3, 1),
    "rollback begun": (kinds.ROLLBACK_INTENDED, {"version": 1, "from": 1, "reason": "night"}),
    "rolled back": rolled(1, 1),
    "frozen": (kinds.SCHEDULE_FROZEN, {"reason": "look"}),
    "refused": (kinds.APPROVAL_REFUSED, {"version": 2, "reason": "no"}),
    "rows withdrawn": (kinds.ROWS_WITHDRAWN, {**ROWS, "trained": {"2": 1}, "perhaps": []}),
    "rows perhaps withdrawn": (kinds.ROWS_WITHDRAWN, {**ROWS, "trained": {}, "perhaps": [2]}),
}
STAYS = {
    "a note": (kinds.NOTE_ADDED, {"about": 1, "text": "x"}),
    "another refused": (kinds.APPROVAL_REFUSED, {"version": 3, "reason": "no"}),
    "the end of an earlier one": (kinds.CANARY_ENDED, {"version": 2, "started": 4, "reason": "late"}),
    "rows of others withdrawn": (kinds.ROWS_WITHDRAWN, {**ROWS, "trained": {"3": 1}, "perhaps": [1]}),
    "an intended promotion": (
        kinds.PROMOTION_INTENDED,
        {"version": 2, "from": 1, "checkpoint": "b", "approved_by": [], "approvals": [], "policy_committer": "x"},
    ),
}


def test_a_canary_stands_and_is_shown_beside_the_champion():
    state = fold(chain(*LINE))
    assert (state.champion, state.canaries.version, status_of(state, 2)) == (1, 2, "canary")
    assert wanted_aliases(state) == {"canary": 2, "candidate": 3, "champion": 1, "pre-synthetic": 1}
    assert 2 in state.kept
    assert [d.alias for d in drift(state, {"champion": 1, "candidate": 3, "pre-synthetic": 1, "canary": 3})] == ["canary"]


@pytest.mark.parametrize("name", ENDS)
def test_what_ends_a_canary_ends_it_at_once_and_the_ledger_says_why(name):
    events = chain(*LINE, ENDS[name])
    state = fold(events)
    assert state.canaries.standing is None
    assert state.canaries.ended[2]
    assert "canary" not in wanted_aliases(state)
    (story,) = canary_stories(events)
    assert (story.canary.version, story.ended) == (2, state.canaries.ended[2])


@pytest.mark.parametrize("name", STAYS)
def test_what_concerns_others_leaves_it_standing(name):
    events = chain(*LINE, STAYS[name])
    assert fold(events).canaries.version == 2
    assert canary_stories(events)[0].ended == ""


@given(st.timedeltas(min_value=timedelta(days=-40), max_value=timedelta(days=40)))
def test_no_event_later_than_the_window_leaves_a_canary_standing(apart):
    events = chain(*LINE)
    at = (datetime.fromisoformat(UNTIL) + apart).isoformat()
    events.append(follow(events[-1], kind=kinds.NOTE_ADDED, actor="a", at=at, body={"about": 1, "text": "x"}))
    canaries = fold(events).canaries
    assert (canaries.standing is None) == (apart >= timedelta(0))
    assert (canaries.ended == {2: WINDOW_OVER}) == (apart >= timedelta(0))


def test_a_clock_that_is_set_back_revives_no_canary():
    events = chain(*LINE)
    for at in (AFTER, INSIDE):
        events.append(follow(events[-1], kind=kinds.NOTE_ADDED, actor="a", at=at, body={"about": 1, "text": "x"}))
    assert fold(events).canaries.standing is None


@pytest.mark.parametrize(("now", "stands"), [(INSIDE, True), (AFTER, False)])
def test_who_shows_or_serves_asks_at_a_moment(now, stands):
    canaries = fold(chain(*LINE)).canaries
    assert (canaries.at(datetime.fromisoformat(now)).standing is not None) == stands


@pytest.mark.parametrize("until", ["for ever", "2026-11-21T00:00:00", ""])
def test_an_end_that_nobody_can_read_has_passed(until):
    canaries = fold(chain(*LINE[:-1], started(2, until))).canaries
    assert canaries.at(datetime(2026, 11, 20, tzinfo=UTC)).standing is None


def test_an_event_whose_time_nobody_can_read_ends_it():
    events = chain(*LINE)
    events.append(follow(events[-1], kind=kinds.NOTE_ADDED, actor="a", at="yesterday", body={"about": 1, "text": "x"}))
    assert fold(events).canaries.standing is None


def test_folding_in_two_parts_is_folding_once():
    events = chain(*LINE, ENDS["frozen"], (kinds.SCHEDULE_UNFROZEN, {"reason": "seen"}), started(3))
    for cut in range(len(events)):
        assert fold(events[cut:], fold(events[:cut])) == fold(events)
    state = fold(events)
    assert (state.canaries.version, set(state.canaries.ended)) == (3, {2})
    assert [story.canary.version for story in canary_stories(events)] == [3, 2]


def test_a_canary_of_a_version_that_was_never_registered_is_an_integrity_error():
    with pytest.raises(IntegrityError, match=r"canary\.started speaks of 9"):
        fold(chain(registered(1), promoted(1), started(9)))


def test_nothing_that_does_not_stand_can_be_ended():
    assert Canaries().ending("why") == Canaries()


def asked(*events):
    """Whether version 2 may be the canary after these events, in the demo where the policy is the approver."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    return permit_canary(fold(chain(*events)), 2, terms(policy_sha256="policy"), Hearing(at=now, model="m", committer=Committer(shown="x")))


def test_a_version_that_served_before_is_none_although_the_champion_is_the_one_it_was_judged_against():
    assert asked(*LINE[:3]).granted
    with pytest.raises(RefusedError, match="served before"):
        asked(*LINE[:3], promoted(2, 1), rolled(1, None))


def test_rows_that_nobody_read_in_time_hold_a_canary_up_as_they_do_a_promotion():
    drawn = {"cycle": 1, "cycle_digest": "cycle-1", "rows": 3, "sample_sha256": "s", "due": "2026-11-19T00:00:00+00:00", "excluded": ["a"]}
    with pytest.raises(RefusedError, match="wait for a reader"):
        asked(*LINE[:3], (kinds.SAMPLE_DRAWN, drawn))


@pytest.mark.parametrize(("percent", "hours"), [(0, 1), (MOST_PERCENT + 1, 1), (-5, 1), (5, 0), (5, MOST_HOURS + 1)])
def test_a_share_or_a_window_that_is_none_is_refused(percent, hours):
    with pytest.raises(UsageError):
        check_window(percent, hours)


def test_the_widest_and_the_narrowest_canary_are_canaries():
    for percent, hours in ((1, 1), (MOST_PERCENT, MOST_HOURS)):
        check_window(percent, hours)
