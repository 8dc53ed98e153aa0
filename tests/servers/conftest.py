"""What the tests of servers share: each server is started once a file, and only where it is asked for."""

from collections.abc import Iterator

import pytest

from tests.postgres_server import PostgresServer, postgres
from tests.servers.stack import Mlflow, Prefect, mlflow_server, prefect_on_postgres


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    with postgres(synced=True) as server:
        yield server


@pytest.fixture(scope="module")
def mlflow(database: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    with mlflow_server(database, tmp_path_factory.mktemp("mlflow") / "server") as server:
        yield server


@pytest.fixture(scope="module")
def prefect(database: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    with prefect_on_postgres(database, tmp_path_factory.mktemp("prefect") / "server") as server:
        yield server
