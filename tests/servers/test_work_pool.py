"""A work pool on a real Prefect server over PostgreSQL: what fires by itself, who may start what, and what a killed worker leaves."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from flows.pool import TEMPLATE, lay_out_pool, pool_name
from flows.served_run import OURS, refusal
from governance.errors import UsageError
from governance.wiring import open_shop
from tests.servers.stack import Prefect, own_environment
from tests.servers.workspace import HEIRLOOM, NEVER, runs_of, until, worker

EVERY_MINUTE = "* * * * *"
POLICY = '[line]\nmodel = "tiny"\n[training]\ntrainer = "ngram"\n'


def made(folder: Path, *, monitor: str = NEVER, reconcile: str = "") -> Path:
    subprocess.run([HEIRLOOM, "init", str(folder)], check=True, capture_output=True, env=own_environment())
    (folder / "policy.toml").write_text(POLICY)
    lines = f'retrain = ""\nmonitor = "{monitor}"\nreconcile = "{reconcile}"\n'
    (folder / "heirloom.toml").write_text(f'[source]\nname = "folder"\n[teacher]\nname = ""\n[schedule]\n{lines}')
    return folder


def bootstrapped(workspace: Path, prefect: Prefect) -> dict[str, object]:
    command = [HEIRLOOM, "infra", "bootstrap", "--json", "--workspace", str(workspace)]
    done = subprocess.run(command, capture_output=True, text=True, env=own_environment(**prefect.settings), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def deployment(prefect: Prefect, workspace: Path, flow: str) -> dict[str, object]:
    name = pool_name(open_shop(workspace)).removeprefix("heirloom-")
    found: dict[str, object] = prefect.ask("GET", f"deployments/name/{flow}/{name}")
    return found


def turned_away(workspace: Path, prefect) -> "subprocess.CompletedProcess[str]":
    """A worker that must not begin; one that does is ended after a while."""
    words = [HEIRLOOM, "infra", "worker", "--workspace", str(workspace)]
    return subprocess.run(words, capture_output=True, text=True, env=own_environment(**prefect.settings), timeout=180, check=False)


@pytest.mark.servers
def test_what_bootstrap_lays_out_fires_by_itself_and_ends_with_its_worker(prefect, tmp_path):
    workspace = made(tmp_path / "shop", monitor=EVERY_MINUTE)
    early = turned_away(workspace, prefect)
    assert (early.returncode, "heirloom infra bootstrap" in early.stderr) == (2, True), early.stderr
    answer = bootstrapped(workspace, prefect)
    assert (answer["pool"]["made"], answer["pool"]["deployments"]) == (True, {"retrain": "", "monitor": EVERY_MINUTE})
    assert bootstrapped(workspace, prefect)["pool"]["made"] is False
    with worker(workspace, prefect, tmp_path / "worker.log") as working:
        ended = until(lambda: by_itself(prefect, "monitor"), 180, working.log.read_text)
        assert {run["state_name"] for run in ended} == {"Healthy"}, ended[0]["state"]["message"]
        second = turned_away(workspace, prefect)
        assert (second.returncode, f"process {working.process.pid}" in second.stderr) == (5, True), second.stderr
        working.process.terminate()
        assert working.process.wait(60) == 0, working.log.read_text()
    prefect.ask("DELETE", f"work_pools/{pool_name(open_shop(workspace))}")


@pytest.mark.servers
def test_a_run_whose_command_environment_or_steps_were_edited_on_the_server_does_nothing_of_it(prefect, tmp_path):
    workspace, canary = made(tmp_path / "shop"), tmp_path / "canary"
    bootstrapped(workspace, prefect)
    pool = pool_name(open_shop(workspace))
    steps = {"prefect.deployments.steps.run_shell_script": {"script": f"touch {canary}"}}
    evil = {
        "job_configuration": {"command": f"touch {canary}", "env": {"HEIRLOOM_SERVED_WORKSPACE": "/"}, "stream_output": True},
        "variables": {"type": "object", "properties": {}},
    }
    prefect.ask("PATCH", f"work_pools/{pool}", base_job_template=evil)
    clean, edited = deployment(prefect, workspace, "monitor"), deployment(prefect, workspace, "retrain")
    prefect.ask("PATCH", f"deployments/{edited['id']}", pull_steps=[steps])
    with worker(workspace, prefect, tmp_path / "worker.log") as working:
        for one in (clean, edited):
            prefect.ask("POST", f"deployments/{one['id']}/create_flow_run", tags=["by hand"])
        for flow, name in (("monitor", "Healthy"), ("retrain", "Refused")):
            ended = until(lambda flow=flow: terminal(prefect, flow), 120, working.log.read_text)
            assert ended["state_name"] == name, ended["state"]["message"]
    assert not canary.exists()


def by_itself(prefect: Prefect, flow: str) -> list[dict[str, Any]]:
    """Scheduled runs that have ended, without those that nobody was there for."""
    ended = [run for run in runs_of(prefect, flow) if run["end_time"] and run["auto_scheduled"]]
    return [run for run in ended if run["state_name"] not in ("Skipped", "Cancelled")]


def terminal(prefect: Prefect, flow: str) -> dict[str, object] | None:
    found = [one for one in runs_of(prefect, flow) if "by hand" in one["tags"]]
    return found[0] if found and found[0]["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None


@pytest.mark.parametrize(
    ("entrypoint", "steps", "refused"),
    [(OURS[0], None, False), (OURS[0], [], False), (OURS[0], [{"x": 1}], True), ("os.system", None, True), (None, None, True)],
)
def test_only_our_flows_are_run_and_no_command_before_them(entrypoint, steps, refused):
    assert bool(refusal(entrypoint, steps)) is refused


def test_every_flow_that_is_deployed_is_one_of_ours(tmp_path):
    from flows.serve import deployments

    (tmp_path / "policy.toml").write_text(POLICY)
    every = deployments(open_shop(tmp_path), dict.fromkeys(("retrain", "monitor", "reconcile", "synthesize"), EVERY_MINUTE))
    assert sorted(str(one.entrypoint) for one in every) == sorted(OURS)


def test_the_template_has_nothing_to_fill_in():
    assert TEMPLATE["variables"]["properties"] == {}
    assert not {"command", "env", "working_dir"} & set(TEMPLATE["job_configuration"])


def test_without_a_server_of_the_teams_there_is_no_pool(tmp_path, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    (tmp_path / "policy.toml").write_text(POLICY)
    with pytest.raises(UsageError, match="PREFECT_API_URL is not set"):
        lay_out_pool(open_shop(tmp_path))
    assert "PREFECT_API_URL" not in os.environ
