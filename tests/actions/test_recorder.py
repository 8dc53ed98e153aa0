"""The facade over the ledger: one event at a time, after the head, once."""

from datetime import datetime

import pytest

from governance.actions.recorder import Ledger
from governance.errors import ConflictError, IntegrityError, UsageError
from governance.release import kinds
from tests.world import MemoryLedger, TickingClock

NOTE = {"about": 1, "text": "x"}


def ledger_of(store, actor="engineer-a"):
    return Ledger(store=store, clock=TickingClock(), actor=actor)


def test_an_event_is_recorded_after_the_head_with_who_and_when():
    ledger = ledger_of(MemoryLedger())
    first, second = ledger.record(kinds.NOTE_ADDED, NOTE), ledger.record(kinds.NOTE_ADDED, NOTE)
    assert (second.seq, second.previous, second.actor, second.at) == (2, first.digest, "engineer-a", "2026-11-20T03:07:02+00:00")
    assert ledger.state().seq == 2


def test_a_lost_race_is_told_and_not_tried_again():
    store = MemoryLedger()

    def rival(event):
        store.before_append = lambda event: None
        ledger_of(store, "engineer-b").record(kinds.NOTE_ADDED, NOTE)

    store.before_append = rival
    with pytest.raises(ConflictError):
        ledger_of(store).record(kinds.NOTE_ADDED, NOTE)
    assert [event.actor for event in store.kept] == ["engineer-b"]


def test_settling_decides_again_on_the_state_after_a_lost_race():
    store, seen = MemoryLedger(), []

    def rival(event):
        store.before_append = lambda event: None
        ledger_of(store, "engineer-b").record(kinds.SCHEDULE_FROZEN, {"reason": "night"})

    def decide(state):
        seen.append(state.frozen)
        return NOTE

    store.before_append = rival
    assert ledger_of(store).settle(kinds.NOTE_ADDED, decide).seq == 2
    assert seen == [None, "night"]


def test_an_event_that_arrives_while_it_is_decided_makes_it_be_decided_again():
    store, seen = MemoryLedger(), []

    def decide(state):
        seen.append(state.frozen)
        if len(seen) == 1:
            ledger_of(store, "engineer-b").record(kinds.SCHEDULE_FROZEN, {"reason": "night"})
        return NOTE

    ledger_of(store).settle(kinds.NOTE_ADDED, decide)
    assert seen == [None, "night"]


def test_where_a_rival_recorded_it_meanwhile_nothing_is_written_a_second_time():
    store = MemoryLedger()

    def rival(event):
        store.before_append = lambda event: None
        ledger_of(store, "engineer-b").record(kinds.SCHEDULE_FROZEN, {"reason": "night"})

    def unless_frozen(state):
        return None if state.frozen else {"reason": "night"}

    store.before_append = rival
    assert ledger_of(store).settle_if(kinds.SCHEDULE_FROZEN, unless_frozen) is None
    assert [event.actor for event in store.kept] == ["engineer-b"]


def test_an_act_that_has_to_be_recorded_may_not_decide_for_nothing():
    store = MemoryLedger()
    with pytest.raises(ValueError, match="nothing was decided"):
        ledger_of(store).settle(kinds.NOTE_ADDED, lambda _: None)
    assert store.kept == []


def test_settling_gives_up_where_the_head_runs_away_for_ever():
    store = MemoryLedger()

    def rival(event):
        if event.actor == "engineer-a":
            ledger_of(store, "engineer-b").record(kinds.NOTE_ADDED, NOTE)

    store.before_append = rival
    with pytest.raises(ConflictError, match="lost 100 races"):
        ledger_of(store).settle(kinds.NOTE_ADDED, lambda _: NOTE)


def test_an_impossible_body_actor_or_time_writes_nothing():
    store = MemoryLedger()
    with pytest.raises(UsageError, match="is missing"):
        ledger_of(store).record(kinds.NOTE_ADDED, {"about": 1})
    for number in (float("nan"), float("inf"), 2**60):
        with pytest.raises(UsageError, match="canonical JSON"):
            ledger_of(store).record(kinds.NOTE_ADDED, {"about": number, "text": "x"})
    with pytest.raises(UsageError, match="actor"):
        ledger_of(store, "bell\x07").record(kinds.NOTE_ADDED, NOTE)
    with pytest.raises(ValueError, match="actor"):
        ledger_of(store, " ")
    naive = TickingClock(at=datetime(2026, 11, 20))  # noqa: DTZ001 - the point of the test
    with pytest.raises(UsageError, match="without an offset"):
        Ledger(store=store, clock=naive, actor="a").record(kinds.NOTE_ADDED, NOTE)
    assert store.kept == []


def test_a_broken_chain_is_refused_before_anything_is_decided_on_it():
    store = MemoryLedger()
    ledger_of(store).record(kinds.NOTE_ADDED, NOTE)
    ledger_of(store).record(kinds.NOTE_ADDED, NOTE)
    del store.kept[0]
    with pytest.raises(IntegrityError, match="ledger seq 1"):
        ledger_of(store).settle(kinds.NOTE_ADDED, lambda _: NOTE)
