"""The schedule: the deployments of one workspace, registered and executed here until somebody says stop.

Prefect is imported only once its environment is set: it reads its settings when it is imported.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from flows.leftovers import tidy
from flows.local import API_URL, SERVED, deployment_name, server_note
from flows.server import prefect_server
from governance.adapters.lock import hold
from governance.digest import write_document
from governance.errors import DependencyError, PolicyError, UsageError
from governance.wiring import Shop

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment
    from prefect.runner import Runner

RETRAIN, MONITOR, RECONCILE, SYNTHESIZE = "retrain", "monitor", "reconcile", "synthesize"
NAMES = (RETRAIN, MONITOR, RECONCILE, SYNTHESIZE)
Say = Callable[[str], None]
A_MOMENT = 0.05
"""Seconds between two looks at whether the runner has begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A schedule that has ended: what it ran, where its page was, and how many runs had been missed before it began."""

    page: str
    crons: Mapping[str, str]
    skipped: int
    cleared: int


def serve(shop: Shop, say: Say) -> Served:
    """Register the deployments and execute them until SIGTERM or Ctrl-C; then pause them, and stop the server that was started.

    Raises: UsageError where nothing is scheduled; PolicyError for a cron line that is none; ConflictError where this workspace is served
    already; DependencyError where no Prefect server can be reached or started.
    """
    crons = crons_of(shop)
    with hold(shop.workspace.state / "serve.lock", "serve", shop.clock), stoppable(), scheduler(shop) as page:
        return _serve(shop, crons, page, say)


def crons_of(shop: Shop) -> dict[str, str]:
    """Deployment -> its cron line in UTC; one that is empty is not there.

    Raises: UsageError where none is left.
    """
    wanted = {name: str(getattr(shop.settings.schedule, name)).strip() for name in NAMES}
    crons = {name: cron for name, cron in wanted.items() if cron}
    if not crons:
        raise UsageError(
            "nothing is scheduled", where="heirloom.toml schedule", fix='retrain = "0 2 * * 1" runs it on Mondays at 02:00 UTC'
        )
    return crons


@contextmanager
def scheduler(shop: Shop) -> Iterator[str]:
    """The page of the Prefect server that this process talks to: the one that the user named, or our own, which ends with us."""
    home = shop.workspace.scheduler
    os.environ.setdefault("PREFECT_HOME", str(home))
    os.environ[SERVED] = str(shop.workspace.root)
    named = os.environ.get(API_URL)
    if named:
        yield named.rstrip("/").removesuffix("/api")
        return
    with prefect_server(home) as server:
        os.environ[API_URL] = server.api
        note = server_note(shop.workspace)
        write_document(note, {"schema": "heirloom/scheduler/1", "page": server.page, "pid": server.pid})
        try:
            yield server.page
        finally:
            note.unlink(missing_ok=True)
            del os.environ[API_URL]


def _serve(shop: Shop, crons: Mapping[str, str], page: str, say: Say) -> Served:
    from prefect.runner import Runner

    runner = Runner(name=f"heirloom-{deployment_name(shop)}", pause_on_shutdown=True)
    with prefect_errors(page):
        skipped, cleared = tidy(shop)
        for deployment in deployments(shop, crons):
            runner.add_deployment(deployment)
    opening = "\n".join(opening_lines(shop, crons, page, skipped, cleared))
    with prefect_errors(page):
        asyncio.run(run_until_told(runner, partial(say, opening)))
    say("Stopped: the deployments are paused.")
    return Served(page=page, crons=crons, skipped=skipped, cleared=cleared)


async def run_until_told(runner: "Runner", begun: Callable[[], None]) -> None:
    """Execute what falls due until SIGTERM or Ctrl-C; runs in progress are then cancelled, and the deployments paused.

    Prefect's own handler of SIGTERM exits in the middle: a deployment may stay unpaused, a run RUNNING for ever. So ours takes its place,
    and `begun` is called once it has: whoever was told that the schedule runs can stop it.
    """
    told = asyncio.Event()
    running = asyncio.create_task(runner.start())
    await asyncio.sleep(0)  # the first step of the runner sets its handler; what is set after it wins
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    begun()
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    while not (runner.started or running.done()):
        await asyncio.sleep(A_MOMENT)  # a runner that has not begun cannot be stopped, and would leave its deployments unpaused
    if not running.done():
        await runner.astop()
    await running


def deployments(shop: Shop, crons: Mapping[str, str]) -> "list[RunnerDeployment]":
    """`retrain` and `monitor`, and of the rest what is scheduled. Parameters are ids only (attack A20).

    A run that would overlap the one before it is cancelled by Prefect.

    Raises: PolicyError naming a cron line that is none.
    """
    from flows.monitor import monitor
    from flows.reconcile import reconcile_views
    from flows.retrain import retrain
    from flows.synthesize import synthesize

    flows = {RETRAIN: retrain, MONITOR: monitor, RECONCILE: reconcile_views, SYNTHESIZE: synthesize}
    wanted = [name for name in NAMES if name in (RETRAIN, MONITOR) or name in crons]
    return [_deployment(shop, name, flows[name], crons.get(name)) for name in wanted]


def _deployment(shop: Shop, name: str, flow: Any, cron: str | None) -> "RunnerDeployment":
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    try:
        made: RunnerDeployment = flow.to_deployment(
            name=deployment_name(shop),
            schedules=[Cron(cron, timezone="UTC")] if cron else [],
            paused=False,
            parameters={"workspace": str(shop.workspace.root), "model": shop.policy.line.model},
            concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
            description=f"{name} of {shop.policy.line.model}, by heirloom serve",
            tags=["heirloom", shop.policy.line.model],
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
    except ValueError as error:
        said = f"{cron!r} is no cron line: {' '.join(str(error).split())[:200]}"
        raise PolicyError(said, where=f"heirloom.toml schedule.{name}", expected='five fields, such as "0 2 * * 1"') from error
    return made


def opening_lines(shop: Shop, crons: Mapping[str, str], page: str, skipped: int, cleared: int) -> list[str]:
    """What runs when, where the page is, and what was missed."""
    lines = [f"Schedule of {shop.policy.line.model} in {shop.workspace.root}, cron in UTC:"]
    lines += [f" {name:<10} {crons.get(name, 'not scheduled')}" for name in NAMES]
    if skipped:
        lines.append(f" Missed while nobody was here: {skipped}. They are skipped; the next run looks at everything that waits.")
    if cleared:
        lines.append(f" Died with the process that ran them: {cleared}. They are marked as crashed.")
    return [*lines, f"Page: {page}   Stop: Ctrl-C"]


@contextmanager
def prefect_errors(page: str) -> Iterator[None]:
    """A server that does not answer, or refuses, becomes a DependencyError."""
    import httpx
    from prefect.exceptions import PrefectException

    try:
        yield
    except (httpx.HTTPError, PrefectException, RuntimeError, ExceptionGroup) as error:
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise DependencyError(f"the Prefect server failed: {said}", where=page, fix="heirloom doctor") from error


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM is Ctrl-C: so that the server we started is stopped, whenever it comes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
