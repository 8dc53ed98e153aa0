"""The SQLite ledger against real files and real processes."""

import multiprocessing
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from governance.actions.recorder import Ledger
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.errors import ConflictError, DependencyError, IntegrityError
from governance.release import kinds
from governance.release.ledger import follow, verify
from tests.world import TickingClock

ROUNDS = 200


def note(store, text="x", actor="a"):
    event = follow(store.head(), kind=kinds.NOTE_ADDED, actor=actor, at="2026-11-20T00:00:00+00:00", body={"about": 1, "text": text})
    store.append(event)
    return event


@pytest.fixture
def store(tmp_path):
    return SqliteLedger(path=tmp_path / "state" / "ledger.sqlite", wait_seconds=5)


def test_a_ledger_that_does_not_exist_yet_is_empty_and_reading_does_not_make_it(store):
    assert (store.events(), store.head()) == ((), None)
    assert not store.path.parent.exists()


def test_events_come_back_as_they_were_written(store):
    written = [note(store, text) for text in ("one", "zwei ü \U0001f33e", 'quo"te')]
    assert list(store.events()) == written
    assert store.head() == written[-1]
    verify(store.events())


def test_an_event_that_does_not_follow_the_head_is_refused_and_leaves_nothing(store):
    stale = follow(None, kind=kinds.NOTE_ADDED, actor="b", at="t", body={"about": 1, "text": "late"})
    first = note(store)
    with pytest.raises(ConflictError, match="does not follow the head, which is 1"):
        store.append(stale)
    assert list(store.events()) == [first]


@pytest.mark.parametrize("statement", ["UPDATE events SET actor = 'mallory'", "DELETE FROM events"])
def test_what_is_written_cannot_be_changed_by_a_plain_statement(store, statement):
    note(store)
    with closing(sqlite3.connect(store.path)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)


def test_a_row_changed_behind_the_triggers_is_found_by_verification(store):
    note(store)
    note(store)
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("DROP TRIGGER no_update")
        connection.execute("UPDATE events SET actor = 'mallory' WHERE seq = 1")
        connection.commit()
    with pytest.raises(IntegrityError, match="seq 1"):
        Ledger(store=store, clock=TickingClock(), actor="a").events()


@pytest.mark.parametrize("body", ["{", "[1]", "null"])
def test_a_body_that_is_no_json_object_names_its_seq(store, body):
    note(store)
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("DROP TRIGGER no_update")
        connection.execute("UPDATE events SET body = ?", (body,))
        connection.commit()
    with pytest.raises(IntegrityError, match="ledger seq 1"):
        store.events()


def test_a_file_that_is_no_database_is_an_integrity_error_for_readers_and_writers(store):
    first = note(store)
    store.path.write_bytes(b"not a database" * 1000)
    for read in (store.events, store.head, lambda: store.append(first)):
        with pytest.raises(IntegrityError, match="cannot be read as a ledger"):
            read()


def test_a_file_with_a_torn_page_is_an_integrity_error(store):
    for number in range(20):
        note(store, f"note {number} " + "x" * 1500)
    content = bytearray(store.path.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    store.path.write_bytes(bytes(content))
    with pytest.raises(IntegrityError):
        Ledger(store=store, clock=TickingClock(), actor="a").events()


def test_a_ledger_that_another_process_holds_is_a_conflict_after_the_time_limit(store):
    note(store)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        impatient = SqliteLedger(path=store.path, wait_seconds=0.01)
        with pytest.raises(ConflictError, match="another process is writing"):
            note(impatient)
        with pytest.raises(ConflictError, match="another process is writing"):
            Ledger(store=impatient, clock=TickingClock(), actor="a").settle(kinds.NOTE_ADDED, lambda _: {"about": 1, "text": "x"})


def test_a_place_that_cannot_be_opened_is_a_dependency_error(tmp_path):
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(DependencyError, match="cannot be used"):
        note(SqliteLedger(path=tmp_path / "ledger.sqlite"))


def _race(path, actor, gate, won):
    store = SqliteLedger(path=path, wait_seconds=30)
    for number in range(ROUNDS):
        head = store.head()
        event = follow(head, kind=kinds.NOTE_ADDED, actor=actor, at="t", body={"about": number, "text": ""})
        gate.wait(60)
        try:
            store.append(event)
        except ConflictError:
            continue
        finally:
            gate.wait(60)
        won.put(event.seq)


def test_of_two_processes_that_race_for_a_seq_exactly_one_wins_every_time(store):
    context = multiprocessing.get_context("spawn")
    gate, won = context.Barrier(2), context.Queue()
    racers = [context.Process(target=_race, args=(store.path, name, gate, won)) for name in ("a", "b")]
    for racer in racers:
        racer.start()
    seqs = sorted(won.get(timeout=120) for _ in range(ROUNDS))
    for racer in racers:
        racer.join(60)
    assert [racer.exitcode for racer in racers] == [0, 0]
    assert seqs == list(range(1, ROUNDS + 1))
    verify(store.events())


CHILD = """
import sys
from pathlib import Path
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.release.ledger import follow
store = SqliteLedger(path=Path(sys.argv[1]))
while True:
    event = follow(store.head(), kind="note.added", actor="child", at="t", body={"about": 1, "text": "x"})
    store.append(event)
    print(event.seq, flush=True)
"""


def test_a_process_that_is_killed_while_it_writes_loses_nothing_that_it_acknowledged(store):
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", CHILD, str(store.path)], stdout=subprocess.PIPE, text=True) as child:
            acknowledged = [int(child.stdout.readline()) for _ in range(5)]
            child.kill()
            acknowledged += [int(line) for line in child.stdout.read().split()]
        events = store.events()
        verify(events)
        assert {e.seq for e in events} >= set(acknowledged)
    note(store, "and it can be written to")


def _write(path, actor, count):
    ledger = Ledger(store=SqliteLedger(path=path, wait_seconds=30), clock=TickingClock(), actor=actor)
    for number in range(count):
        ledger.settle(kinds.NOTE_ADDED, lambda _, number=number: {"about": number, "text": actor})


def test_two_processes_that_settle_lose_nothing_of_each_other(store):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(store.path, name, 20)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    events = store.events()
    verify(events)
    assert sorted((e.actor, e.body["about"]) for e in events) == [(name, n) for name in "ab" for n in range(20)]
