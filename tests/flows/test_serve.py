"""A schedule that really fires, and a server that is gone when it ends. Real Prefect, real processes."""

import asyncio
import json
import os
import signal
import subprocess
from types import SimpleNamespace

import pytest

from flows.serve import run_until_told
from flows.server import HOST, answers, free_port, prefect_server
from governance.errors import PolicyError, UsageError
from governance.settings import Schedule, Settings
from governance.wiring import open_shop
from tests.flows.serve_workspace import HEIRLOOM, alive, environment, made, serving, until

EVERY_MINUTE = "* * * * *"
TERMINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def ended_by_schedule(runs, name):
    return [r for r in runs if r["auto_scheduled"] and r["name"].startswith(name) and r["state_type"] in TERMINAL and r["start_time"]]


@pytest.mark.slow
def test_a_scheduled_run_really_fires_and_nothing_is_left_when_the_schedule_ends(tmp_path):
    with serving(made(tmp_path / "shop", monitor=EVERY_MINUTE, reconcile=EVERY_MINUTE)) as schedule:
        for name in ("monitor-", "reconcile-"):
            ended = until(lambda name=name: ended_by_schedule(schedule.ask("flow_runs"), name), 150)
            assert {r["state_name"] for r in ended} == {"Healthy"}
        assert schedule.stop() == 0
        assert not alive(schedule.server_pid)
        assert not answers(schedule.page)
        assert "Traceback" not in schedule.errors.read_text()
        answer = json.loads(schedule.process.stdout.read())
        assert (answer["schema"], answer["crons"]) == ("heirloom/serve/1", {"monitor": EVERY_MINUTE, "reconcile": EVERY_MINUTE})
    assert not (tmp_path / "shop" / ".heirloom" / "prefect" / "server.json").exists()


@pytest.mark.slow
def test_a_killed_schedule_takes_its_server_along_and_the_next_one_skips_what_was_missed(tmp_path):
    workspace = made(tmp_path / "shop", retrain=EVERY_MINUTE)
    with serving(workspace) as schedule:
        until(lambda: schedule.ask("flow_runs"), 60)
        first = min(r["expected_start_time"] for r in schedule.ask("flow_runs"))
        schedule.stop(signal.SIGKILL)
        until(lambda: not alive(schedule.server_pid), 30)
    until(lambda: minute_is_over(first), 130)
    with serving(workspace) as schedule:
        assert "Missed while nobody was here: " in schedule.errors.read_text()
        assert [r["name"] for r in schedule.ask("flow_runs") if r["state_name"] == "Late"] == []
        assert schedule.stop(signal.SIGINT) == 0
        assert not alive(schedule.server_pid)


def minute_is_over(moment):
    from datetime import UTC, datetime

    return datetime.now(UTC) > datetime.fromisoformat(moment)


@pytest.mark.slow
def test_one_workspace_is_served_once(tmp_path):
    workspace = made(tmp_path / "shop", monitor="0 6 * * *")
    with serving(workspace) as schedule:
        second = subprocess.run(
            [HEIRLOOM, "serve", "--workspace", str(workspace)], capture_output=True, text=True, env=environment(), check=False
        )
        assert second.returncode == 5
        assert f"process {schedule.process.pid}" in second.stderr
        assert {d["name"].rpartition("-")[0] for d in schedule.ask("deployments")} == {"tiny"}
        assert all(set(d["parameters"]) == {"workspace", "model"} for d in schedule.ask("deployments"))
        schedule.stop()


@pytest.mark.slow
def test_a_server_that_the_user_names_is_used_and_left_running_with_both_deployments_paused(tmp_path):
    workspace = made(tmp_path / "shop", monitor="0 6 * * *")
    with prefect_server(tmp_path / "named", port=free_port(0)) as server, serving(workspace, PREFECT_API_URL=server.api) as schedule:
        assert (schedule.page, schedule.server_pid) == (server.page, None)
        assert [d["paused"] for d in schedule.ask("deployments")] == [False, False]
        assert schedule.stop() == 0
        assert answers(server.page)
        assert [d["paused"] for d in schedule.ask("deployments")] == [True, True]
    assert not answers(server.page)


class LateRunner:
    """A runner that takes a while to begin, and like Prefect's cannot be stopped before."""

    def __init__(self) -> None:
        self.started, self.end = False, asyncio.Event()

    async def start(self) -> None:
        await asyncio.sleep(0.3)
        self.started = True
        await self.end.wait()

    async def astop(self) -> None:
        if not self.started:
            raise RuntimeError("Runner has not yet started")
        self.end.set()


def test_a_stop_that_comes_before_the_runner_has_begun_waits_for_it():
    runner = LateRunner()
    asyncio.run(run_until_told(runner, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    assert runner.end.is_set()


def test_a_deployment_carries_ids_only_and_cancels_what_would_overlap(tmp_path):
    from flows.serve import deployments

    shop = open_shop(made(tmp_path / "shop"), actor="ann")
    retrain, monitor = deployments(shop, {"retrain": "0 2 * * 1"})
    assert retrain.parameters == {"workspace": str(tmp_path / "shop"), "model": "tiny"}
    assert (retrain.concurrency_limit, retrain.concurrency_options.collision_strategy.value) == (1, "CANCEL_NEW")
    assert [(s.schedule.cron, s.schedule.timezone) for s in retrain.schedules] == [("0 2 * * 1", "UTC")]
    assert (retrain.entrypoint, monitor.entrypoint) == ("flows.retrain.retrain", "flows.monitor.monitor")
    assert monitor.schedules == []
    every = deployments(shop, dict.fromkeys(("retrain", "monitor", "reconcile", "synthesize"), EVERY_MINUTE))
    assert [(d.flow_name, len(d.schedules)) for d in every] == [("retrain", 1), ("monitor", 1), ("reconcile", 1), ("synthesize", 1)]


@pytest.mark.parametrize("cron", ["61 * * * *", "every monday", "* * *"])
def test_a_cron_line_that_is_none_is_named(tmp_path, cron):
    from flows.serve import deployments

    shop = open_shop(made(tmp_path / "shop"), actor="ann")
    with pytest.raises(PolicyError, match=r"heirloom.toml schedule.monitor: .* is no cron line"):
        deployments(shop, {"monitor": cron})


def shop_with(schedule):
    return SimpleNamespace(settings=Settings(schedule=schedule))


def test_an_empty_cron_line_is_not_scheduled():
    from flows.serve import crons_of

    assert crons_of(shop_with(Schedule(retrain=" ", monitor="0 6 * * *", reconcile=""))) == {"monitor": "0 6 * * *"}


def test_a_schedule_without_any_line_is_a_usage_error():
    from flows.serve import crons_of

    with pytest.raises(UsageError, match="nothing is scheduled"):
        crons_of(shop_with(Schedule(retrain="", monitor="", reconcile="")))


def test_a_port_that_somebody_listens_on_is_not_taken():
    import socket

    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port


def test_an_address_where_nobody_listens_does_not_answer():
    assert not answers(f"http://{HOST}:{free_port(0)}")
