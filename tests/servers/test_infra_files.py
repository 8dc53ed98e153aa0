"""What infra/ holds, as far as it can be checked without Docker: it parses, names files that are there, and is shown to nobody outside."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

INFRA = Path(__file__).parents[2] / "infra"
SCRIPTS = sorted(INFRA.rglob("*.sh"))
GIVEN_BY_FILES = {"POSTGRES_PASSWORD_FILE"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text())
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_parses_stops_at_its_first_failure_and_can_be_executed(script):
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, check=False).stderr == ""
    assert os.access(script, os.X_OK)
    assert re.search(r"^set -(euo pipefail|u)$", script.read_text(), re.MULTILINE)


def test_every_port_is_published_on_the_loopback_alone(compose):
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_secret_is_a_file_and_nobody_writes_one_into_an_environment(compose):
    used = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert used == set(compose["secrets"])
    assert all(set(secret) == {"file"} for secret in compose["secrets"].values())
    named = {key for service in compose["services"].values() for key in service.get("environment", {})}
    assert {key for key in named if re.search("PASS|SECRET|TOKEN|AUTH|KEY", key)} <= GIVEN_BY_FILES


def test_what_the_services_run_and_mount_is_in_the_repository(compose):
    for service in compose["services"].values():
        for word in service.get("command", []):
            assert (INFRA.parent / word).is_file(), word
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("./") and not source.startswith("./secrets"):
                assert (INFRA / source).is_file(), mount
        if "build" in service:
            assert (INFRA.parent / service["build"]["dockerfile"]).is_file()
    started = {name for service in compose["services"].values() for name in service.get("depends_on", {})}
    assert started <= set(compose["services"])


@pytest.mark.servers
def test_the_databases_of_a_new_server_are_made_each_with_a_role_of_its_own(database, tmp_path):
    import psycopg

    for name in ("ledger", "mlflow", "prefect"):
        (tmp_path / f"{name}-database").write_text(f"word of {name} with a ' and a $")
    environment = {
        **os.environ,
        "PATH": f"{database.bin}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(database.port),
        "PGPASSWORD": database.password,
        "POSTGRES_USER": "admin",
        "SECRETS": str(tmp_path),
    }
    done = subprocess.run([str(INFRA / "postgres" / "databases.sh")], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, role in (("ledger", "ledger"), ("mlflow", "mlflow"), ("mlflow_auth", "mlflow"), ("prefect", "prefect")):
        with psycopg.connect(database.url(name, role), password=f"word of {role} with a ' and a $") as connection:
            asked = "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
            assert connection.execute(asked).fetchone() == ("UTF8",)
    assert "word of" not in done.stdout + done.stderr


def test_secrets_lie_in_a_folder_that_git_and_docker_leave_out():
    for name in (".gitignore", ".dockerignore"):
        assert "infra/secrets/" in (INFRA.parent / name).read_text().splitlines(), name
