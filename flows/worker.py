"""The worker of one workspace: it takes what falls due in the line's pool on a team's Prefect server and runs each in a process of its own.

How a run is started is said here and not on the server: one command, this process's environment, this workspace. So whoever can edit a
pool, a deployment or a run on the server's page chooses neither when it begins (attack A20; docs/operating.md says what is left open). A
run ends with its worker, however that died, so a run of this pool that still says RUNNING when a worker begins is dead, and is marked so
(F12).
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.leftovers import tidy
from flows.local import SERVED
from flows.pool import AT_ONCE, pool_name, prove_pool, server_page
from flows.serve import prefect_errors, stoppable
from governance.adapters.lock import hold
from governance.wiring import Shop

if TYPE_CHECKING:
    from prefect.workers.process import ProcessWorker

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """A worker that has ended, and what it cleared away when it began."""

    page: str
    pool: str
    skipped: int
    cleared: int


def work(shop: Shop, say: Say) -> Worked:
    """Execute what falls due until SIGTERM or Ctrl-C; runs in progress are then ended.

    Raises: UsageError where no server is named or the pool was never made; ConflictError where this workspace is served already;
    DependencyError where the server does not answer.
    """
    page, pool = server_page(), pool_name(shop)
    os.environ.setdefault("PREFECT_HOME", str(shop.workspace.scheduler))
    os.environ[SERVED] = str(shop.workspace.root)
    with hold(shop.workspace.state / "serve.lock", "infra worker", shop.clock), stoppable(), prefect_errors(page):
        prove_pool(pool)
        skipped, cleared = tidy(shop)
        asyncio.run(_until_told(_worker(shop, pool), partial(say, f"Works for {pool} of {page}. Stop: Ctrl-C")))
    say("Stopped.")
    return Worked(page=page, pool=pool, skipped=skipped, cleared=cleared)


def started_as() -> str:
    """The command of every run: this interpreter, and a program that ends with this process."""
    return f"{sys.executable} -P -m flows.served_run {os.getpid()}"


def _worker(shop: Shop, pool: str) -> "ProcessWorker":
    from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

    place = shop.workspace.root

    class OurJob(ProcessJobConfiguration):
        """A run as we start it, whatever pool, deployment and run say."""

        def prepare_for_flow_run(self, *known: Any, **more: Any) -> None:
            self.command, self.env, self.working_dir = started_as(), {}, Path(place)
            super().prepare_for_flow_run(*known, **more)

    worker = ProcessWorker(work_pool_name=pool, limit=AT_ONCE, create_pool_if_not_found=False)
    worker.job_configuration = OurJob
    return worker


async def _until_told(worker: "ProcessWorker", begun: Callable[[], None]) -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    running = asyncio.create_task(worker.start(printer=lambda *_: None))
    waiting = asyncio.create_task(told.wait())
    begun()
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if told.is_set():
        running.cancel()
    try:
        await running
    except asyncio.CancelledError:
        if not told.is_set():
            raise
