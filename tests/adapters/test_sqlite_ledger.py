"""What is SQLite's own in the ledger's file; what holds for every store is in test_ledger_stores."""

import sqlite3
from contextlib import closing

import pytest

from governance.actions.recorder import Ledger
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.errors import ConflictError, DependencyError, IntegrityError
from governance.release import kinds
from governance.release.ledger import follow
from tests.world import TickingClock


def note(store, text="x", actor="a"):
    event = follow(store.head(), kind=kinds.NOTE_ADDED, actor=actor, at="2026-11-20T00:00:00+00:00", body={"about": 1, "text": text})
    store.append(event)
    return event


@pytest.fixture
def store(tmp_path):
    return SqliteLedger(path=tmp_path / "state" / "ledger.sqlite", wait_seconds=5)


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
