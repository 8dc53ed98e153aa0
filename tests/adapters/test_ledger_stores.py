"""The laws of a ledger store, over every store that there is: a file of SQLite, and a real PostgreSQL where one is installed."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from governance.actions.recorder import Ledger
from governance.adapters.postgres_ledger import PostgresLedger
from governance.adapters.secret_file import read_secret
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.errors import ConflictError, IntegrityError
from governance.ports.ledger_store import LedgerStore
from governance.release import kinds
from governance.release.ledger import Event, follow, verify
from tests.postgres_server import PostgresServer, postgres
from tests.world import TickingClock

ROUNDS = 40
NUMBERS = count()
RACED = pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.servers)], indirect=True)
"""Processes that race on a server take seconds, so they are with the tests of servers."""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres() as running:
        running.database("ledgers")
        yield running


def on_server(server: PostgresServer, folder: Path, *, wait_seconds: float = 5.0) -> PostgresLedger:
    """A ledger in a schema that nobody used before."""
    secret = folder / "password"
    secret.write_text(f"{server.password}\n")
    secret.chmod(0o600)
    word = partial(read_secret, secret, named="password")
    return PostgresLedger(url=server.url("ledgers"), schema=f"line_{next(NUMBERS)}", password=word, wait_seconds=wait_seconds)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerStore:
    if request.param == "sqlite":
        return SqliteLedger(path=tmp_path / "state" / "ledger.sqlite", wait_seconds=5)
    return on_server(request.getfixturevalue("server"), tmp_path)


def note(store: LedgerStore, text: str = "x", actor: str = "a") -> Event:
    event = follow(store.head(), kind=kinds.NOTE_ADDED, actor=actor, at="2026-11-20T00:00:00+00:00", body={"about": 1, "text": text})
    store.append(event)
    return event


def forge(store: LedgerStore, statement: str) -> None:
    """What somebody does who owns the disk or the database."""
    if isinstance(store, SqliteLedger):
        with closing(sqlite3.connect(store.path)) as connection:
            connection.execute("DROP TRIGGER IF EXISTS no_update")
            connection.execute(statement)
            connection.commit()
        return
    assert isinstance(store, PostgresLedger)
    with store.connect() as connection:
        connection.execute("ALTER TABLE events DISABLE TRIGGER no_change")
        connection.execute(statement.encode())


def test_a_ledger_that_does_not_exist_yet_is_empty_and_reading_does_not_make_it(store):
    assert (store.events(), store.head()) == ((), None)
    if isinstance(store, SqliteLedger):
        assert not store.path.parent.exists()
    else:
        assert store.ask("SELECT to_regclass('events') IS NULL") == (True,)


def test_events_come_back_as_they_were_written(store):
    written = [note(store, text) for text in ("one", "zwei ü \U0001f33e", 'quo"te', "nul \0 and % and %s")]
    assert list(store.events()) == written
    assert store.head() == written[-1]
    verify(store.events())


def test_an_event_that_does_not_follow_the_head_is_refused_and_leaves_nothing(store):
    stale = follow(None, kind=kinds.NOTE_ADDED, actor="b", at="t", body={"about": 1, "text": "late"})
    first = note(store)
    with pytest.raises(ConflictError, match="does not follow the head, which is 1"):
        store.append(stale)
    with pytest.raises(ConflictError, match="does not follow the head, which is 1"):
        store.append(first)
    assert list(store.events()) == [first]


@pytest.mark.parametrize("statement", ["UPDATE events SET actor = 'mallory'", "DELETE FROM events"])
def test_what_is_written_cannot_be_changed_by_a_plain_statement(store, statement):
    note(store)
    if isinstance(store, SqliteLedger):
        with closing(sqlite3.connect(store.path)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    else:
        from psycopg.errors import IntegrityConstraintViolation

        with store.connect() as connection, pytest.raises(IntegrityConstraintViolation, match="append-only"):
            connection.execute(statement.encode())
        with store.connect() as connection, pytest.raises(IntegrityConstraintViolation, match="append-only"):
            connection.execute("TRUNCATE events")
    assert store.head().actor == "a"


def test_a_row_changed_behind_the_triggers_is_found_by_verification(store):
    note(store)
    note(store)
    forge(store, "UPDATE events SET actor = 'mallory' WHERE seq = 1")
    with pytest.raises(IntegrityError, match="seq 1"):
        Ledger(store=store, clock=TickingClock(), actor="a").events()


@pytest.mark.parametrize("body", ["{", "[1]", "null"])
def test_a_body_that_is_no_json_object_names_its_seq(store, body):
    note(store)
    forge(store, f"UPDATE events SET body = '{body}'")  # noqa: S608 - as somebody would who forges
    with pytest.raises(IntegrityError, match="ledger seq 1"):
        store.events()


def race(store, actor, gate, won):
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


@RACED
def test_of_two_processes_that_race_for_a_seq_exactly_one_wins_every_time(store):
    context = multiprocessing.get_context("spawn")
    gate, won = context.Barrier(2), context.Queue()
    racers = [context.Process(target=race, args=(store, name, gate, won)) for name in ("a", "b")]
    for racer in racers:
        racer.start()
    seqs = sorted(won.get(timeout=120) for _ in range(ROUNDS))
    for racer in racers:
        racer.join(60)
    assert [racer.exitcode for racer in racers] == [0, 0]
    assert seqs == list(range(1, ROUNDS + 1))
    verify(store.events())


def last_words(heard):
    """What the pipe of a killed process still holds; 0 at its end."""
    try:
        return heard.recv()
    except (EOFError, OSError):
        return 0


def write_for_ever(store, told):
    while True:
        event = follow(store.head(), kind="note.added", actor="child", at="t", body={"about": 1, "text": "x"})
        store.append(event)
        told.send(event.seq)


@RACED
def test_a_process_that_is_killed_while_it_writes_loses_nothing_that_it_acknowledged(store):
    context = multiprocessing.get_context("spawn")
    for _ in range(2):
        heard, told = context.Pipe(duplex=False)
        child = context.Process(target=write_for_ever, args=(store, told))
        child.start()
        told.close()
        acknowledged = [heard.recv() for _ in range(5)]
        child.kill()
        child.join(60)
        while heard.poll(0.01) and (rest := last_words(heard)):
            acknowledged.append(rest)
        events = store.events()
        verify(events)
        assert {event.seq for event in events} >= set(acknowledged)
    note(store, "and it can be written to")


def settle(store, actor, number_of_notes):
    ledger = Ledger(store=store, clock=TickingClock(), actor=actor)
    for number in range(number_of_notes):
        ledger.settle(kinds.NOTE_ADDED, lambda _, number=number: {"about": number, "text": actor})


@RACED
def test_two_processes_that_settle_lose_nothing_of_each_other(store):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=settle, args=(store, name, 8)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    events = store.events()
    verify(events)
    assert sorted((e.actor, e.body["about"]) for e in events) == [(name, n) for name in "ab" for n in range(8)]
