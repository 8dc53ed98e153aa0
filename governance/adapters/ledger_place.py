"""Which store holds a workspace's ledger: the file in its state, or the server that the settings name."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from governance.adapters.postgres_ledger import PostgresLedger
from governance.adapters.secret_file import read_secret
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.errors import ConflictError, UsageError
from governance.ports.ledger_store import LedgerStore
from governance.ports.workspace import Workspace
from governance.release.ledger import verify
from governance.settings import LedgerPlace

PASSWORD = "HEIRLOOM_LEDGER_PASSWORD"  # noqa: S105 - the name of a variable
MOVED = ".moved"
MOVE = "heirloom ledger move takes it to the server that heirloom.toml names"
SecretPlace = Callable[[str], Path]
"""What a setting names as a secret -> where it lies, which is never in the workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many events a ledger holds at its new place, and how many of them were written there just now."""

    events: int
    written: int


def ledger_store(workspace: Workspace, place: LedgerPlace, secret: SecretPlace) -> LedgerStore:
    """The store of a workspace.

    Raises: UsageError where a server is named while the line's file is still here: a line that would silently begin anew.
    """
    if not place.url:
        return SqliteLedger(path=workspace.ledger)
    if workspace.ledger.exists():
        raise UsageError(
            "this line's ledger still lies in a file", where=str(workspace.ledger), expected=server_of(place, secret).place, fix=MOVE
        )
    return server_of(place, secret)


def server_of(place: LedgerPlace, secret: SecretPlace) -> PostgresLedger:
    """The server that the settings name, with its password from the environment, from a file, or left to libpq."""
    return PostgresLedger(url=place.url, schema=place.schema, password=partial(_password, place.password_file, secret))


def move_ledger(file: Path, server: LedgerStore) -> Moved:
    """Take the events of a file to a server, verified, byte for byte, then set the file aside. Killed anywhere, the same call finishes.

    Raises: ConflictError where the server holds the ledger of another line; IntegrityError where the file's chain is broken.
    """
    events = SqliteLedger(path=file).events()
    verify(events)
    there = server.events()
    common = min(len(there), len(events))
    if list(there[:common]) != list(events[:common]):
        raise ConflictError("the server holds another ledger", where=str(file), fix="name a schema of its own: heirloom.toml ledger.schema")
    for event in events[len(there) :]:
        server.append(event)
    verify(server.events())
    file.rename(file.with_name(file.name + MOVED))
    return Moved(events=max(len(events), len(there)), written=len(events) - common)


def moved(workspace: Workspace, place: LedgerPlace, secret: SecretPlace) -> Moved:
    """`move_ledger` for a workspace. Raises: UsageError where the settings name no server, or nothing is left to move."""
    if not place.url:
        raise UsageError("no server is named", where="heirloom.toml ledger.url", expected="postgresql://USER@HOST:PORT/DATABASE")
    if not workspace.ledger.exists():
        raise UsageError("there is no file of a ledger to move", where=str(workspace.ledger), fix="heirloom ledger verify")
    return move_ledger(workspace.ledger, server_of(place, secret))


def _password(file: str, secret: SecretPlace) -> str | None:
    given = os.environ.get(PASSWORD)
    if given or not file:
        return given or None
    return read_secret(secret(file), named="password of the ledger's database user")
