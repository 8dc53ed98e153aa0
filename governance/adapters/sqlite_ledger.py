"""The ledger in one SQLite file: appended to under a write lock, refused to UPDATE and DELETE, on disk before it is acknowledged."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.ledger_row import event_of_row
from governance.digest import canonical_bytes
from governance.errors import ConflictError, DependencyError, IntegrityError
from governance.release.ledger import GENESIS, Event

READ_ALL = "SELECT seq, previous, kind, actor, at, body, digest FROM events ORDER BY seq"
READ_HEAD = "SELECT seq, previous, kind, actor, at, body, digest FROM events ORDER BY seq DESC LIMIT 1"
INSERT = "INSERT INTO events (seq, previous, kind, actor, at, body, digest) VALUES (?, ?, ?, ?, ?, ?, ?)"
SCHEMA = (
    """CREATE TABLE IF NOT EXISTS events (
        seq INTEGER PRIMARY KEY, previous TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, actor TEXT NOT NULL, at TEXT NOT NULL,
        body TEXT NOT NULL, digest TEXT NOT NULL UNIQUE) STRICT""",
    """CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
)
"""`previous` is UNIQUE: even without the check in `append` one event can have one successor only."""

NOT_A_LEDGER = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteLedger:
    """A LedgerStore in a file. `wait_seconds` bounds how long an append waits for another process's append.

    synchronous = EXTRA is FULL plus a sync of the folder, so that an acknowledged event survives a power cut in rollback-journal mode too.
    """

    path: Path
    wait_seconds: float = 10.0

    def events(self) -> Sequence[Event]:
        """All events as stored. A file that does not exist yet holds none.

        Raises: IntegrityError where the file is no ledger or a row cannot be read.
        """
        return self._read(READ_ALL)

    def head(self) -> Event | None:
        """The event with the highest seq. Raises: as `events`."""
        return next(iter(self._read(READ_HEAD)), None)

    def append(self, event: Event) -> None:
        """Add an event after the head.

        Raises: ConflictError when the head is another one by now, or another process held the file for too long.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _translated(self.path), closing(self._open()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                for statement in SCHEMA:
                    connection.execute(statement)
                self._insert(connection, event)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _insert(self, connection: sqlite3.Connection, event: Event) -> None:
        row = connection.execute("SELECT seq, digest FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        seq, digest = row or (0, GENESIS)
        if (event.seq, event.previous) != (seq + 1, digest):
            raise ConflictError(
                f"event {event.seq} does not follow the head, which is {seq}", where=str(self.path), fix="read the ledger and decide again"
            )
        body = canonical_bytes(dict(event.body)).decode()
        values = (event.seq, event.previous, event.kind, event.actor, event.at, body, event.digest)
        connection.execute(INSERT, values)

    def _read(self, query: str) -> Sequence[Event]:
        if not self.path.exists():
            return ()
        with _translated(self.path), closing(self._open()) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone():
                return ()
            return tuple(event_of_row(row, self.path) for row in connection.execute(query))

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=self.wait_seconds, isolation_level=None)
        connection.execute("PRAGMA synchronous = EXTRA")
        return connection


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours, by whose fault they are."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise ConflictError(f"an event with this seq or this predecessor is there already: {error}", where=str(path)) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in NOT_A_LEDGER or not isinstance(error, sqlite3.OperationalError):
            raise IntegrityError(f"cannot be read as a ledger: {error}", where=str(path), fix="restore the file from a backup") from error
        if code in HELD:
            raise ConflictError("another process is writing to the ledger", where=str(path), fix="wait a moment, then try again") from error
        raise DependencyError(f"the ledger cannot be used: {error}", where=str(path)) from error
