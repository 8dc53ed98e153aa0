"""A team's line on real servers: a scheduled run, its promotion, a killed worker, a crashed PostgreSQL, a rollback, and nothing lost."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from governance.release.ledger import verify
from governance.wiring import open_shop
from tests.e2e.shell import make_workspace
from tests.postgres_server import PostgresServer
from tests.servers.stack import Mlflow, Prefect, own_environment
from tests.servers.workspace import HEIRLOOM, SERVICE, runs_of, until, worker

pytestmark = pytest.mark.servers
SETTINGS = """
[ledger]
url = "{ledger}"
schema = "student"
password_file = "{password}"
[registry]
tracking_uri = "{mlflow}"
secrets = "{secrets}"
[schedule]
retrain = "* * * * *"
monitor = ""
reconcile = ""
"""


def run(workspace: Path, *words: str, code: int = 0, **more: str) -> Mapping[str, object]:
    """A command as its JSON document; the whole of what it said where it ends with another code."""
    done = subprocess.run(
        [HEIRLOOM, *words, "--json"],
        cwd=workspace,
        env=own_environment(**{"HEIRLOOM_ACTOR": "engineer-a", **more}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"{words} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    document: Mapping[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return document


@pytest.fixture
def workspace(database: PostgresServer, mlflow: Mlflow, tmp_path: Path) -> Path:
    """A new workspace whose ledger, registry and schedule are on servers."""
    database.database("ledger")
    secret = tmp_path / "secrets" / "ledger"
    secret.parent.mkdir(mode=0o700)
    secret.write_text(database.password)
    secret.chmod(0o600)
    place = make_workspace(tmp_path / "newsroom")
    settings = SETTINGS.format(ledger=database.url("ledger"), password=secret, mlflow=mlflow.uri, secrets=mlflow.secrets)
    (place / "heirloom.toml").write_text((place / "heirloom.toml").read_text() + settings)
    return place


def aliases(workspace: Path) -> Mapping[str, int]:
    return open_shop(workspace).registry.aliases("student")


def test_a_scheduled_line_on_servers_is_founded_retrained_promoted_and_rolled_back(
    workspace: Path, database: PostgresServer, prefect: Prefect, tmp_path: Path
):
    made = run(workspace, "infra", "bootstrap", **prefect.settings)
    assert [proof["found"] for proof in made["roles"]["proofs"]] == [True, False] * 3
    run(workspace, "synthesize", **prefect.settings)
    with worker(workspace, prefect, tmp_path / "worker.log") as working:
        first = until(lambda: ended_by_itself(prefect), 400, working.log.read_text)[-1]
        assert first["state_name"] == "Passed", first["state"]["message"]
        working.kill()
    assert (run(workspace, "status")["champion"], aliases(workspace)["champion"]) == (2, 2)
    before = open_shop(workspace).ledger.events()
    database.stop("immediate")
    database.start()
    assert open_shop(workspace).ledger.events() == before

    back = run(workspace, "rollback", "--yes", HEIRLOOM_ACTOR="oncall-a")
    assert (back["version"], back["degraded"], aliases(workspace)["champion"]) == (1, False, 1)
    events = open_shop(workspace).ledger.events()
    verify(events)
    proof = run(workspace, "ledger", "verify")
    assert (proof["events"], proof["silent"]) == (len(events), [])
    assert {event.actor for event in events} >= {SERVICE, "oncall-a"}
    assert not (workspace / ".heirloom" / "ledger.sqlite").exists()


def ended_by_itself(prefect: Prefect) -> list[dict[str, Any]]:
    """Scheduled retrainings that have ended, without those that nobody was there for, or that would have overlapped."""
    ended = [run for run in runs_of(prefect, "retrain") if run["end_time"] and run["auto_scheduled"]]
    return [run for run in ended if run["state_name"] not in ("Skipped", "Cancelled")]
