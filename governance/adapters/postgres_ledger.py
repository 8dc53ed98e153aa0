"""The ledger in PostgreSQL: the same chain and the same compare-and-swap as in a file, for a line that several machines work on.

A server is restarted, and a connection can be torn in the middle of a commit, when nobody can say whether the event was written. So each
append carries an id of its own: after a torn connection the row is read, and only an event that is not there is written, once more (F7).
"""

import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar
from urllib.parse import urlsplit

from governance.adapters.ledger_row import event_of_row
from governance.digest import canonical_bytes
from governance.errors import ConflictError, DependencyError, GovernanceError
from governance.release.ledger import GENESIS, Event

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")
COLUMNS = "seq, previous, kind, actor, at, body, digest"
READ_ALL = f"SELECT {COLUMNS} FROM events ORDER BY seq"  # noqa: S608 - no value of anybody's
READ_HEAD = f"SELECT {COLUMNS} FROM events ORDER BY seq DESC LIMIT 1"  # noqa: S608 - likewise
INSERT = f"INSERT INTO events ({COLUMNS}, attempt) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608 - likewise
TABLE = (
    """CREATE TABLE events (
        seq BIGINT PRIMARY KEY CHECK (seq > 0), previous TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL,
        body TEXT NOT NULL, digest TEXT NOT NULL UNIQUE, attempt TEXT NOT NULL UNIQUE)""",
    """CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
        FOR EACH STATEMENT EXECUTE FUNCTION append_only()""",
)
"""`previous` is UNIQUE: even without the lock in `append` one event can have one successor only. `body` is TEXT, because JSONB would write
numbers in a form of its own and the digest is over ours."""

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 60
LOOK_SECONDS = 0.2
RETRIED = re.compile(r"refused|timeout|timed out|starting up|shutting down|recovery|closed the connection|reset by peer", re.IGNORECASE)
"""What a server that is being restarted says; a wrong password or a database that is not there is said at once."""
SAID_CHARACTERS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresLedger:
    """A LedgerStore in one schema of one database. `wait_seconds` bounds how long an append waits for another process's append, and how
    long anything waits for a server that is being restarted.

    synchronous_commit is on for our connections whatever the server's default is, so that an acknowledged event is on the server's disk.
    """

    url: str
    """`postgresql://USER@HOST:PORT/DATABASE`, without a password."""
    schema: str = "heirloom"
    password: Callable[[], str | None] = field(default=lambda: None, repr=False)
    """Asked at every connection, so that a changed password needs no restart; None leaves it to libpq (PGPASSFILE)."""
    wait_seconds: float = 10.0

    @property
    def place(self) -> str:
        """Where it is, in words for people; nothing that anybody must not see."""
        parts = urlsplit(self.url)
        return f"postgresql://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}, schema {self.schema}"

    def events(self) -> Sequence[Event]:
        """All events as stored. A schema that does not exist yet holds none.

        Raises: IntegrityError where a row cannot be read; DependencyError where the server cannot be asked.
        """
        return self._read(READ_ALL)

    def head(self) -> Event | None:
        """The event with the highest seq. Raises: as `events`."""
        return next(iter(self._read(READ_HEAD)), None)

    def append(self, event: Event) -> None:
        """Add an event after the head, once, however often the connection is torn.

        Raises: ConflictError when the head is another one by now, or another process is writing for too long; DependencyError when the
        connection was torn twice: then the event may be there, and whoever reads the head knows.
        """
        attempt = uuid.uuid4().hex
        self._twice(lambda connection: self._append(connection, event, attempt))

    def _append(self, connection: "psycopg.Connection", event: Event, attempt: str) -> None:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"heirloom ledger {self.schema}",))
            if not _exists(connection):
                self._create(connection)
            if not self._written(connection, event, attempt):
                self._insert(connection, event, attempt)

    def _written(self, connection: "psycopg.Connection", event: Event, attempt: str) -> bool:
        """True where this very append came through before its connection was torn."""
        found = connection.execute("SELECT attempt, digest FROM events WHERE seq = %s", (event.seq,)).fetchone()
        return found == (attempt, event.digest)

    def _insert(self, connection: "psycopg.Connection", event: Event, attempt: str) -> None:
        row = connection.execute("SELECT seq, digest FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        seq, digest = row or (0, GENESIS)
        if (event.seq, event.previous) != (seq + 1, digest):
            raise ConflictError(
                f"event {event.seq} does not follow the head, which is {seq}", where=self.place, fix="read the ledger and decide again"
            )
        body = canonical_bytes(dict(event.body)).decode()
        connection.execute(INSERT, (event.seq, event.previous, event.kind, event.actor, event.at, body, event.digest, attempt))

    def _create(self, connection: "psycopg.Connection") -> None:
        from psycopg import sql

        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.schema)))
        for statement in TABLE:
            connection.execute(statement)

    def _read(self, query: str) -> Sequence[Event]:
        def rows(connection: "psycopg.Connection") -> Sequence[tuple[Any, ...]]:
            return connection.execute(query.encode()).fetchall() if _exists(connection) else ()

        return tuple(event_of_row(row, self.place) for row in self._twice(rows))

    def ask(self, query: LiteralString) -> tuple[Any, ...]:
        """The one row that a question of a doctor is answered with. Raises: DependencyError where the server cannot be asked."""
        found = self._twice(lambda connection: connection.execute(query).fetchone())
        if found is None:
            raise DependencyError("the server gave no answer", where=self.place)
        return found

    def _twice(self, work: Callable[["psycopg.Connection"], T]) -> T:
        """What `work` returns; where its connection is torn under it, it is done once more over a new one."""
        try:
            import psycopg
        except ImportError as error:
            fix = 'pip install "heirloom-governance[servers]"'
            raise DependencyError("psycopg is not installed, or finds no libpq", where=self.place, fix=fix) from error

        with self._translated():
            connection = self.connect()
            try:
                with connection:
                    return work(connection)
            except psycopg.OperationalError as error:
                if not _torn(error):
                    raise
            with self.connect() as another:
                return work(another)

    def connect(self) -> "psycopg.Connection":
        """A connection whose unqualified names are this ledger's. A server that is being restarted is waited for.

        Raises: psycopg's errors; callers translate them.
        """
        import psycopg

        until = time.monotonic() + self.wait_seconds
        while True:
            try:
                return psycopg.connect(self.url, **self._options())
            except psycopg.OperationalError as error:
                if time.monotonic() > until or not RETRIED.search(str(error)):
                    raise
            time.sleep(LOOK_SECONDS)

    def _options(self) -> dict[str, Any]:
        limits = (
            f"-c search_path={self.schema} -c synchronous_commit=on"
            f" -c lock_timeout={int(self.wait_seconds * 1000)} -c statement_timeout={STATEMENT_SECONDS * 1000}"
        )
        options: dict[str, Any] = {
            "options": limits,
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": STATEMENT_SECONDS * 1000,
            "application_name": "heirloom",
            "client_encoding": "UTF8",
            "autocommit": True,
        }
        secret = self.password()
        return options if secret is None else {**options, "password": secret}

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """PostgreSQL's errors as ours, by whose fault they are."""
        import psycopg

        try:
            yield
        except GovernanceError:
            raise
        except psycopg.errors.LockNotAvailable as error:
            raise ConflictError(
                "another process is writing to the ledger", where=self.place, fix="wait a moment, then try again"
            ) from error
        except psycopg.IntegrityError as error:
            raise ConflictError(f"an event with this seq or this predecessor is there already: {_said(error)}", where=self.place) from error
        except psycopg.Error as error:
            raise DependencyError(
                f"the ledger cannot be used: {_said(error)}", where=self.place, fix="start PostgreSQL or correct heirloom.toml ledger"
            ) from error


def _exists(connection: "psycopg.Connection") -> bool:
    found = connection.execute("SELECT to_regclass('events')").fetchone()
    return found is not None and found[0] is not None


def _torn(error: "psycopg.OperationalError") -> bool:
    """True where the server went away: class 57P is a shutdown, class 08 a connection that failed, and without a code nobody answered."""
    return error.sqlstate is None or error.sqlstate.startswith(("57P", "08"))


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:SAID_CHARACTERS]
