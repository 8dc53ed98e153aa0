"""Opening MLflow: quiet, bounded in time, its tables made once, its artifact addresses true wherever the workspace now lies.

MLflow keeps artifact addresses as absolute paths: in its tables `experiments`, `runs` and `model_versions`. A workspace that was moved or
copied is therefore mended when it is opened: addresses below the artifact root it was made with are rewritten, in one transaction, to the
artifact root it has now. So the registry's web page shows the reports too, and a copy never writes into its original.
"""

import functools
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from governance.adapters.environment import be_quiet
from governance.errors import ConflictError, DependencyError, GovernanceError

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

SQLITE = "sqlite:///"
LOCK_SECONDS = 120
SAID_CHARACTERS = 400
PASSWORD = re.compile(r"://[^/@\s]+@")
LOUD = {"mlflow": logging.WARNING, "alembic": logging.WARNING, "urllib3.connectionpool": logging.ERROR}
"""Loggers that speak of tables made and of retries, which our errors say in words of ours."""

ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


@functools.lru_cache(maxsize=8)
def open_client(tracking_uri: str, artifact_root: Path) -> "MlflowClient":
    """A client of a server (`http...`) or of the embedded database (`sqlite:///PATH`), which is made where it is missing.

    Raises: DependencyError when it cannot be reached or read, in bounded time.
    """
    be_quiet()
    from mlflow.tracking import MlflowClient

    for name, level in LOUD.items():
        logging.getLogger(name).setLevel(level)
    if not tracking_uri.startswith(SQLITE):
        return MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
    artifact_root.mkdir(parents=True, exist_ok=True)
    database = Path(tracking_uri.removeprefix(SQLITE))
    with database_lock(database):
        client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
        client.search_experiments(max_results=1)
        client.search_registered_models(max_results=1)
        mend_addresses(database, artifact_root)
    return client


def mend_addresses(database: Path, artifact_root: Path) -> int:
    """Rewrite addresses of a workspace that was moved; returns how many. An experiment of ours lies at ARTIFACT_ROOT/NAME, or once did."""
    root = artifact_root.resolve()
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        rows = connection.execute("SELECT artifact_location FROM experiments").fetchall()
        ours = {str(Path(place).parent) for (place,) in rows if place and Path(place).parent.name == root.name}
        return sum(_rewrite(connection, old, str(root)) for old in sorted(ours - {str(root)}))


def _rewrite(connection: sqlite3.Connection, old: str, new: str) -> int:
    changed = 0
    for table, column in ADDRESSES:
        statement = f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?"  # noqa: S608 - names are ours
        changed += connection.execute(statement, (new, len(old) + 1, len(old) + 1, f"{old}/")).rowcount
    return changed


@contextmanager
def database_lock(database: Path) -> Iterator[None]:
    """One process at a time makes tables, mends addresses or registers a version."""
    from filelock import FileLock, Timeout

    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(database.with_suffix(".lock"), timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise ConflictError("another process registers a version", where=str(database)) from error


@contextmanager
def translated(doing: str, tracking_uri: str) -> Iterator[None]:
    """Every failure of MLflow, its database or its connection becomes a DependencyError that says what was being done."""
    be_quiet()
    import requests
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except GovernanceError:
        raise
    except (MlflowException, SQLAlchemyError, sqlite3.Error, requests.RequestException, OSError) as error:
        raise DependencyError(
            f"the registry failed while {doing}: {_said(error)}",
            where=without_password(tracking_uri),
            fix=_fix(tracking_uri),
        ) from error


def without_password(text: str) -> str:
    """Text with addresses as they may be shown: without user and password."""
    return PASSWORD.sub("://", text)


def _said(error: Exception) -> str:
    return without_password(" ".join(str(error).split()))[:SAID_CHARACTERS]


def _fix(tracking_uri: str) -> str:
    if tracking_uri.startswith(SQLITE):
        return (
            "heirloom doctor; the ledger holds every decision, so the database may be moved away: heirloom reconcile makes the pages again"
        )
    return "start the MLflow server or correct its address in heirloom.toml; then heirloom reconcile"
