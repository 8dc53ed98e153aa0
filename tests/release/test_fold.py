"""The fold: state is what the events say, read in one go or in parts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import IntegrityError, UsageError
from governance.release import kinds
from governance.release.fold import fold
from governance.release.history import history
from governance.release.ledger import follow, verify
from governance.release.state import State
from tests.release.ledger_events import chain, frozen, judged, promoted, registered, rolled


def test_an_empty_ledger_is_a_state_with_nothing_in_it():
    state = fold([])
    assert state == State()
    assert (state.champion, state.previous, state.baseline, state.waiting, state.intent) == (None, None, None, (), None)


def test_the_champion_is_the_last_promotion_and_what_served_before_it_is_previous():
    state = fold(chain(registered(1), promoted(1), registered(2, 5), promoted(2, 1), registered(3, 5), promoted(3, 2)))
    assert (state.champion, state.previous, state.baseline) == (3, 2, 1)


def test_a_release_of_an_older_version_counts_every_synthetic_token_as_deep_as_the_deepest():
    older = fold(chain(registered(1, 300))).releases[1]
    assert (older.passages, older.unknown_tokens) == (None, 0)
    assert (older.descent.passages, older.descent.effective_share.high) == (300_000, 300)
    kind, body = registered(1, 300)
    newer = fold(chain((kind, {**body, "depth": 2, "passages": 450_000, "unknown_tokens": 0}))).releases[1]
    assert newer.descent.effective_share.high == 392


def test_a_release_whose_past_is_unknown_is_not_pre_synthetic():
    kind, body = registered(1)
    state = fold(chain((kind, {**body, "passages": 0, "unknown_tokens": 5}), promoted(1)))
    assert (state.pre_synthetic, state.baseline) == (None, None)


def test_a_rollback_quarantines_what_it_left_and_cuts_the_way_back():
    events = [registered(n) for n in (1, 2, 3)] + [promoted(1), promoted(2, 1), promoted(3, 2)]
    state = fold(chain(*events, rolled(2, 3)))
    assert (state.champion, state.previous, state.served) == (2, 1, (1, 2))
    assert [v for v, r in state.releases.items() if r.quarantined] == [3]


def test_going_forward_again_to_a_skipped_release_quarantines_nothing():
    events = [registered(n) for n in (1, 2, 3)] + [promoted(1), promoted(2, 1), promoted(3, 2), rolled(1, 3)]
    state = fold(chain(*events, rolled(2, 1)))
    assert [v for v, r in state.releases.items() if r.quarantined] == [3]
    assert (state.champion, state.previous) == (2, 1)


def test_the_baseline_stays_the_first_release_without_synthetic_tokens_and_the_way_back_is_the_newest():
    events = [registered(1), registered(2), registered(3, 1), registered(4), promoted(1), promoted(2, 1), promoted(3, 2)]
    state = fold(chain(*events))
    assert (state.baseline, state.pre_synthetic, state.base) == (1, 2, 2)


def test_a_candidate_remembers_the_champion_that_its_cycle_was_frozen_against():
    events = [registered(1), promoted(1), frozen(2), registered(3), promoted(3, 1), registered(2)]
    state = fold(chain(*events))
    assert state.releases[2].judged_against == 1
    assert state.releases[3].judged_against == 1


def test_a_cycle_is_open_from_its_freezing_to_its_candidate():
    opened = fold(chain(frozen(1), judged(1)))
    assert opened.cycle is not None
    assert (opened.cycle.number, opened.cycle.judged, opened.cycles) == (1, True, 1)
    assert fold(chain(frozen(1), judged(1), registered(1))).cycle is None
    assert fold(chain(frozen(1), (kinds.CYCLE_ABANDONED, {"cycle": 1, "cycle_digest": "cycle-1", "reason": "x"}))).cycle is None


def test_a_judged_batch_is_found_by_batch_and_policy_and_attempts_are_counted():
    state = fold(chain(frozen(1), judged(1, verdict="block"), registered(1, verdict="block"), frozen(2), judged(2), registered(2)))
    found = state.judged["rows", "policy"]
    assert (found.verdict, found.version, found.cycle) == ("pass", 2, 2)
    assert state.attempts["rows"] == 2


def test_pins_and_the_frozen_schedule_are_the_last_ones_said():
    pins = {"anchors": "a", "tail": "b", "human": "c", "prompts": "d"}
    events = [
        (kinds.WORKSPACE_CREATED, {"model": "student", "environment": "demo"}),
        (kinds.SHARDS_PINNED, pins),
        (kinds.TEACHER_PINNED, {"name": "teacher", "digest": "t"}),
        (kinds.ROWS_KEPT, {"cycle": 1, "cycle_digest": "c", "rows": 2, "rows_sha256": "r"}),
        (kinds.ROWS_PRUNED, {"cycle_digest": "c", "rows_sha256": "r", "reason": "it was refused"}),
        (kinds.BENCHMARK_PINNED, {"name": "exam", "sha256": "e", "columns": ["text"]}),
        (kinds.SENTINELS_PINNED, {"sha256": "s"}),
        (kinds.EMISSIONS_ENTERED, {"generator": "teacher", "version": "t", "rows": 1, "emissions_sha256": "e1"}),
        (kinds.EMISSIONS_ENTERED, {"generator": "teacher", "version": "t", "rows": 2, "emissions_sha256": "e2"}),
        (kinds.SCHEDULE_FROZEN, {"reason": "night"}),
    ]
    state = fold(chain(*events))
    assert (state.model, state.environment, dict(state.shards), dict(state.teachers)) == ("student", "demo", pins, {"teacher": "t"})
    assert (state.frozen, state.emissions, state.sentinels) == ("night", "e2", "s")
    assert fold(chain(*events, (kinds.SCHEDULE_UNFROZEN, {"reason": "seen"}))).frozen is None


def test_a_kind_that_a_newer_version_wrote_is_not_passed_over():
    with pytest.raises(UsageError, match=r"seq 2: kind 'release\.barred' is not known here"):
        fold(chain(registered(1), ("release.barred", {"version": 1})))


def test_an_event_about_a_version_that_was_never_registered_is_an_integrity_error():
    with pytest.raises(IntegrityError, match=r"ledger seq 1: promotion\.committed speaks of 7"):
        fold(chain(promoted(7)))


def test_history_tells_who_when_and_why_newest_first():
    moves = history(chain(registered(1), promoted(1), registered(2), promoted(2, 1), rolled(1, 2)))
    assert [(m.seq, m.champion, m.was, m.how, m.who, m.why) for m in moves] == [
        (5, 1, 2, "rollback", "engineer-a", "night"),
        (4, 2, 1, "promotion", "policy", ""),
        (2, 1, None, "promotion", "policy", ""),
    ]


@st.composite
def stories(draw):
    """A lawful ledger: registrations, promotions of what waits, rollbacks to what is usable, notes."""
    events, state, version = [], State(), 0
    for _ in range(draw(st.integers(0, 25))):
        waiting, usable = [r.version for r in state.waiting], [r.version for r in state.in_order if r.usable]
        back = [v for v in usable if v != state.champion]
        choice = draw(st.sampled_from(["register", "promote" if waiting else "register", "rollback" if back else "note"]))
        if choice == "register":
            version += 1
            step = registered(version, draw(st.sampled_from([0, 0, 10])), verdict=draw(st.sampled_from(["pass", "pass", "block"])))
        elif choice == "promote":
            step = promoted(draw(st.sampled_from(waiting)), state.champion)
        elif choice == "rollback":
            step = rolled(draw(st.sampled_from(back)), state.champion)
        else:
            step = (kinds.NOTE_ADDED, {"about": 1, "text": "x"})
        head = events[-1] if events else None
        events.append(follow(head, kind=step[0], actor="a", at="2026-11-20T00:00:00+00:00", body=step[1]))
        state = fold(events[-1:], state)
    return events


@settings(max_examples=150, deadline=None)
@given(stories(), st.integers(0, 25))
def test_folding_in_two_parts_is_folding_once(events, cut):
    verify(events)
    assert fold(events[cut:], fold(events[:cut])) == fold(events)


@settings(max_examples=150, deadline=None)
@given(stories())
def test_the_champion_is_always_a_usable_release_and_so_is_every_way_back(events):
    state = fold(events)
    for version in (state.champion, state.previous, state.baseline):
        assert version is None or state.releases[version].usable
    assert state.previous is None or state.previous != state.champion
    if state.champion is not None:
        assert state.served[-1] == state.champion
        assert len(set(state.served)) == len(state.served)
