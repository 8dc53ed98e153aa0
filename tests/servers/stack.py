"""A team's servers on the loopback, each a real one in a process of its own, on a port that the system chose, and gone with the test."""

import importlib.util
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.server import answers
from governance.adapters.environment import quiet_environment
from tests.postgres_server import HOST, PostgresServer, free_port

START_SECONDS = 240.0
FOREIGN = ("HEIRLOOM_", "PREFECT_", "MLFLOW_", "DVC_", "XDG_")


def needs(*modules: str) -> None:
    """Skip where a package is not installed, and say what brings it."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: pip install -c constraints.txt -e '.[servers,dev]'")


def own_environment(**more: str) -> dict[str, str]:
    """This environment without anybody's settings of our tools."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    patience = {"PREFECT_API_REQUEST_TIMEOUT": "300", "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}
    return {**kept, **quiet_environment(), **patience, **more}


@contextmanager
def running(
    command: list[str], environment: Mapping[str, str], log: Path, ready: Callable[[], bool]
) -> Iterator["subprocess.Popen[bytes]"]:
    """A server that has answered; ended at the end, whatever ended it."""
    with log.open("wb") as stream:
        child = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.PIPE, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        until = time.monotonic() + START_SECONDS
        while not ready():
            assert child.poll() is None, f"{command[:4]} ended: {log.read_text()[-3000:]}"
            assert time.monotonic() < until, f"{command[:4]} does not answer: {log.read_text()[-3000:]}"
            time.sleep(0.5)
        yield child
    finally:
        end_group(child)


def end_group(child: "subprocess.Popen[bytes]") -> None:
    """End a process and all that it started in its session."""
    import signal

    for number, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 20)):
        try:
            os.killpg(child.pid, number)
            child.wait(seconds)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    child.wait(20)
    if child.stdin:
        child.stdin.close()


INFRA = Path(__file__).parents[2] / "infra"
API_USER = "platform"


def given(folder: Path, **contents: str) -> Path:
    """A folder of secrets: a file each, for its owner alone."""
    folder.mkdir(mode=0o700, parents=True)
    for name, content in contents.items():
        place = folder / name.replace("_", "-")
        place.write_text(f"{content}\n")
        place.chmod(0o600)
    return folder


@dataclass(frozen=True)
class Mlflow:
    uri: str
    secrets: Path
    """A folder with the password of each user, as a settings file names it."""
    admin_password: str = field(repr=False)


@contextmanager
def mlflow_server(postgres: PostgresServer, folder: Path) -> Iterator[Mlflow]:
    """infra/mlflow/start.sh: `mlflow server` with its basic-auth app, on two databases."""
    needs("flask_wtf", "psycopg")
    for name in ("mlflow", "mlflow_auth"):
        postgres.database(name)
    word, port = secrets.token_urlsafe(18) + "%/@:", free_port()
    own = given(folder / "own", mlflow_database=postgres.password, mlflow_admin=word, mlflow_session=secrets.token_hex(16))
    server = Mlflow(uri=f"http://{HOST}:{port}", secrets=given(folder / "users", admin=word), admin_password=word)
    environment = own_environment(
        SECRETS=str(own),
        DATABASE=f"admin@{HOST}:{postgres.port}",
        HOST=HOST,
        PORT=str(port),
        ARTIFACTS=str(folder / "artifacts"),
        PYTHON=sys.executable,
    )
    with running([str(INFRA / "mlflow" / "start.sh")], environment, folder / "log", lambda: _healthy(f"{server.uri}/health")):
        yield server


def _healthy(page: str) -> bool:
    try:
        return httpx.get(page, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@dataclass(frozen=True)
class Prefect:
    api: str
    auth: str = field(repr=False)

    @property
    def settings(self) -> dict[str, str]:
        """What a client of it has in its environment."""
        return {"PREFECT_API_URL": self.api, "PREFECT_API_AUTH_STRING": self.auth}

    def ask(self, method: str, path: str, **body: object) -> Any:
        """The answer of its interface, which must not be an error."""
        user, _, word = self.auth.partition(":")
        said = httpx.request(method, f"{self.api}/{path}", json=body or None, auth=(user, word), timeout=20).raise_for_status()
        return said.json() if said.content else None


@contextmanager
def prefect_on_postgres(postgres: PostgresServer, folder: Path) -> Iterator[Prefect]:
    """infra/prefect/start.sh: a Prefect server whose records are in a database of its own, and whose interface asks for a password."""
    needs("asyncpg")
    postgres.database("prefect")
    port, auth = free_port(), f"{API_USER}:{secrets.token_hex(12)}"
    own = given(folder / "own", prefect_database=postgres.password, prefect_api=auth)
    environment = own_environment(
        SECRETS=str(own),
        DATABASE=f"admin@{HOST}:{postgres.port}",
        HOST=HOST,
        PORT=str(port),
        PYTHON=sys.executable,
        PREFECT_HOME=str(folder / "home"),
    )
    page = f"http://{HOST}:{port}"
    with running([str(INFRA / "prefect" / "start.sh")], environment, folder / "log", lambda: answers(page)):
        yield Prefect(api=f"{page}/api", auth=auth)
