"""The synthesis flow: the frozen teacher writes rows for the batch that waits, and Prefect shows how. Nothing that decides is retried."""

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import artifacts
from flows.begin import NothingToDo
from flows.ending import ended, frozen
from flows.local import scheduled, shop_of_run
from flows.writing import Synthesis, write_next
from governance.adapters.lock import hold
from governance.errors import GovernanceError
from governance.wiring import Shop

WRITTEN, THERE = "Written", "Already written"


@task(name="write", task_run_name="write")
def write_task(shop: Shop, batch: Path | None) -> Synthesis | NothingToDo:
    """The teacher is proved, writes, and its rows are recorded before they are seen."""
    return write_next(shop, batch)


@flow(name="synthesize", flow_run_name="synthesize-{model}", validate_parameters=False)
def synthesize(workspace: str, model: str, batch: str | None = None, requester: str | None = None) -> State[Any]:
    """Write for one batch of the workspace. The result is a Synthesis, or a NothingToDo.

    Parameters are names only, never limits: who writes, how it decodes and how much it is asked for is the policy's.
    """
    shop = shop_of_run(workspace, requester)
    try:
        with hold(shop.workspace.lock, f"synthesize {model}", shop.clock):
            if scheduled() and (why := shop.ledger.state().frozen) is not None:
                return frozen(why)
            done: Synthesis | NothingToDo = write_task(shop, Path(batch) if batch else None)
    except GovernanceError as error:
        return ended(error)
    if isinstance(done, NothingToDo):
        return Completed(name="Nothing to do", message=done.reason, data=done)
    artifacts.show_synthesis(shop, done)
    return Completed(name=WRITTEN if done.changed else THERE, message=artifacts.synthesis_line(done), data=done)
