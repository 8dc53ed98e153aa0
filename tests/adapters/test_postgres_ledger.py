"""What is PostgreSQL's own in the ledger: torn connections, restarts, passwords, and the way from a file to a server."""

import threading
import traceback
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from governance.actions.recorder import Ledger
from governance.adapters.checks.ledger_server import check_ledger_store
from governance.adapters.ledger_place import PASSWORD, ledger_store, move_ledger, moved
from governance.adapters.postgres_ledger import PostgresLedger
from governance.adapters.secret_file import read_secret
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.errors import ConflictError, DependencyError, IntegrityError, PolicyError, UsageError
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.release.ledger import Event, follow, verify
from governance.settings import LedgerPlace, read_settings
from tests.postgres_server import PostgresServer, free_port, postgres
from tests.tearing_proxy import AFTER, BEFORE, TearingProxy
from tests.world import TickingClock

NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres(synced=True) as running:
        running.database("ledgers")
        yield running


@pytest.fixture
def store(server: PostgresServer) -> PostgresLedger:
    return on(server)


def on(server: PostgresServer, *, port: int | None = None, wait_seconds: float = 5.0) -> PostgresLedger:
    url = server.url("ledgers").replace(f":{server.port}/", f":{port or server.port}/")
    return PostgresLedger(url=url, schema=f"own_{next(NUMBERS)}", password=lambda: server.password, wait_seconds=wait_seconds)


def note(store: PostgresLedger | SqliteLedger, text: str = "x") -> Event:
    event = follow(store.head(), kind=kinds.NOTE_ADDED, actor="a", at="2026-11-20T00:00:00+00:00", body={"about": 1, "text": text})
    store.append(event)
    return event


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_an_append_whose_connection_is_torn_at_its_commit_is_there_once(server, when):
    with TearingProxy(server.port, when, tears=1) as proxy:
        store = on(server, port=proxy.port)
        first = note(store, "one")
        assert proxy.torn == 1
        assert list(store.events()) == [first]
        second = note(store, "two")
        assert list(store.events()) == [first, second]
        assert store.ask("SELECT count(DISTINCT attempt) FROM events") == (2,)


def test_an_append_that_is_torn_twice_is_an_error_and_the_head_says_whether_it_came_through(server):
    with TearingProxy(server.port, AFTER, tears=2) as proxy:
        store = on(server, port=proxy.port)
        with pytest.raises(DependencyError, match="the ledger cannot be used"):
            note(store)
        assert [event.seq for event in store.events()] == [1]


def test_the_same_event_of_somebody_else_is_no_retry_of_ours(store):
    event = note(store)
    twin = PostgresLedger(url=store.url, schema=store.schema, password=store.password)
    with pytest.raises(ConflictError, match="does not follow the head"):
        twin.append(event)


def test_a_ledger_that_another_connection_holds_is_a_conflict_after_the_time_limit(store):
    note(store)
    impatient = PostgresLedger(url=store.url, schema=store.schema, password=store.password, wait_seconds=0.2)
    with store.connect() as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"heirloom ledger {store.schema}",))
        with pytest.raises(ConflictError, match="another process is writing"):
            note(impatient)


def test_nobody_at_the_address_is_a_dependency_error_after_the_time_limit(server):
    with pytest.raises(DependencyError, match="refused"):
        on(server, port=free_port(), wait_seconds=0.3).head()


def test_a_wrong_password_is_said_at_once_and_shown_nowhere(server):
    wrong = PostgresLedger(url=server.url("ledgers"), password=lambda: "hush-hush-canary", wait_seconds=3600)
    with pytest.raises(DependencyError, match="password authentication failed") as caught:
        wrong.head()
    shown = "".join(traceback.format_exception(caught.value)) + repr(wrong) + wrong.place
    assert "hush-hush" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:canary@h/d",
        "postgresql://u@h/d?password=canary",
        "postgresql://u@h/d?sslpassword=canary",
        "postgresql://u@h/d?hostaddr=canary",
        "postgresql://u@h1:5432,canary:5432/d",
        "postgresql://u@h:canary/d",
        "mysql://u:canary@h/d",
        "postgresql:canary",
        "h:canary",
    ],
)
def test_an_address_with_a_password_or_of_another_kind_is_refused_and_not_repeated(tmp_path, url):
    (tmp_path / "heirloom.toml").write_text(f'[ledger]\nurl = "{url}"\n')
    with pytest.raises(PolicyError, match=r"heirloom.toml.ledger: url") as caught:
        read_settings(tmp_path / "heirloom.toml")
    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", ["", "Heirloom", "a; DROP SCHEMA x", "a-b", "x" * 64])
def test_a_schema_whose_name_would_need_quotes_is_refused(name):
    with pytest.raises(ValueError, match="schema"):
        LedgerPlace(schema=name)


def test_a_secret_is_one_line_in_a_file_that_not_everybody_can_read(tmp_path):
    place = tmp_path / "password"
    with pytest.raises(UsageError, match="cannot be read"):
        read_secret(place, named="password")
    place.write_text("two words\r\n")
    for mode, may in ((0o600, True), (0o440, True), (0o444, False), (0o620, False)):
        place.chmod(mode)
        if may:
            assert read_secret(place, named="password") == "two words"
        else:
            with pytest.raises(IntegrityError, match=f"has mode {mode:o}"):
                read_secret(place, named="password")
    place.chmod(0o600)
    for content in ("", "\n", "one\ntwo\n"):
        place.write_text(content)
        with pytest.raises(UsageError, match="is empty or has more lines"):
            read_secret(place, named="password")


def test_a_password_comes_from_the_environment_before_the_file_and_is_read_anew_each_time(tmp_path, server, monkeypatch):
    secret = tmp_path / "password"
    secret.write_text(server.password)
    secret.chmod(0o600)
    place = LedgerPlace(url=server.url("ledgers"), schema=f"own_{next(NUMBERS)}", password_file=str(secret))
    store = ledger_store(Workspace(root=tmp_path / "shop"), place, Path)
    assert store.head() is None
    monkeypatch.setenv(PASSWORD, "another")
    with pytest.raises(DependencyError, match="authentication failed"):
        store.head()
    monkeypatch.setenv(PASSWORD, server.password)
    secret.unlink()
    assert store.head() is None


def test_a_line_moves_from_its_file_to_a_server_byte_for_byte_and_a_killed_move_is_finished(tmp_path, store, monkeypatch):
    workspace, password = Workspace(root=tmp_path), store.password()
    monkeypatch.setenv(PASSWORD, password or "")
    file = SqliteLedger(path=workspace.ledger)
    written = [note(file, f"note {number}") for number in range(5)]
    place = LedgerPlace(url=store.url, schema=store.schema)
    with pytest.raises(UsageError, match="still lies in a file"):
        ledger_store(workspace, place, Path)
    for event in written[:2]:
        store.append(event)  # as far as a move came that was killed
    assert moved(workspace, place, Path).written == 3
    assert list(ledger_store(workspace, place, Path).events()) == written
    assert not workspace.ledger.exists()
    with pytest.raises(UsageError, match="no file of a ledger to move"):
        moved(workspace, place, Path)


def test_a_move_onto_the_ledger_of_another_line_is_refused_and_leaves_the_file(tmp_path, store):
    note(store, "of another line")
    file = SqliteLedger(path=tmp_path / "ledger.sqlite")
    note(file, "of this one")
    with pytest.raises(ConflictError, match="holds another ledger"):
        move_ledger(file.path, store)
    assert file.path.exists()
    assert len(store.events()) == 1


def test_the_doctor_says_what_the_server_is_and_what_its_user_may(server, store, tmp_path):
    assert check_ledger_store(SqliteLedger(path=tmp_path / "x")).level == "ok"
    note(store)
    owned = check_ledger_store(store)
    assert (owned.level, "may change and delete events" in owned.said) == ("warn", True), owned
    server.sql(f"CREATE ROLE writer_{store.schema} LOGIN PASSWORD '{server.password}'")
    server.sql(f"GRANT USAGE ON SCHEMA {store.schema} TO writer_{store.schema}", "ledgers")
    server.sql(f"GRANT SELECT, INSERT ON {store.schema}.events TO writer_{store.schema}", "ledgers")
    writer = PostgresLedger(url=server.url("ledgers", user=f"writer_{store.schema}"), schema=store.schema, password=store.password)
    note(writer, "by a role that can only add")
    assert check_ledger_store(writer).level == "ok"
    server.sql(f"ALTER TABLE {store.schema}.events DISABLE TRIGGER no_change", "ledgers")
    assert (check_ledger_store(writer).level, check_ledger_store(writer).code) == ("FAIL", 6)
    assert "append-only is gone" in check_ledger_store(writer).said


def test_a_server_elsewhere_without_a_checked_certificate_is_a_doubt():
    from governance.adapters.checks.ledger_server import _doubt

    for query, doubted in (("", True), ("?sslmode=require", True), ("?sslmode=verify-full", False)):
        assert bool(_doubt(f"postgresql://u@db.example/d{query}", may_unwrite=False)) is doubted


def writing(store: PostgresLedger, actor: str, notes: int) -> None:
    ledger = Ledger(store=store, clock=TickingClock(), actor=actor)
    for number in range(notes):
        ledger.settle(kinds.NOTE_ADDED, lambda _, number=number: {"about": number, "text": actor})


@pytest.mark.servers
@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_is_restarted_in_the_middle_of_appends_loses_and_doubles_nothing(how):
    with postgres(synced=True) as server:
        server.database("ledgers")
        store = on(server, wait_seconds=60)
        writers = [threading.Thread(target=writing, args=(store, name, 150)) for name in ("a", "b")]
        for writer in writers:
            writer.start()
        for _ in range(3):
            before = len(store.events())
            server.stop(how)
            server.start()
            assert len(store.events()) >= before
        for writer in writers:
            writer.join(300)
        events = store.events()
        verify(events)
        assert sorted((e.actor, e.body["about"]) for e in events) == [(name, n) for name in "ab" for n in range(150)]
