"""The reconciling flow: every few minutes, what the registry and the serving pointer show is held against the ledger and mended."""

from functools import partial
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.ending import SKIPPED
from flows.local import shop_of_run
from flows.monitor import HEALTHY, LEFT, UNHEALTHY, canary, views
from governance.adapters.checks.check import FAIL, OK, WARN, Check, tried
from governance.wiring import Shop

MENDED = "Mended"


@flow(name="reconcile", flow_run_name="reconcile-{model}", validate_parameters=False)
def reconcile_views(workspace: str, model: str) -> State[Any]:  # noqa: ARG001 - the model is in the run's name
    """Mend aliases, pages and serving pointer, and take off a canary whose time or permission is over.

    No bytes of models are hashed, which is the monitor's to do.

    The run is Failed where something had been moved that nobody announced, so that Prefect can alarm, and Skipped while an act goes on.
    """
    found = looked(shop_of_run(workspace, None))
    name = name_of(found)
    return Failed(name=name, message=found.said) if found.level == FAIL else Completed(name=name, message=found.said)


def looked(shop: Shop) -> Check:
    """One round: the canary first, so that views that follow its end are no surprise; the worse of the two is told."""
    beside = tried("canary", partial(canary, shop, whole=False))
    found = tried("views", partial(views, shop, copies=False))
    worse = beside.level == FAIL or (beside.level == WARN and found.level != FAIL)
    return beside if worse else found


def name_of(found: Check) -> str:
    """How a run ends that found this."""
    if found.level == FAIL:
        return UNHEALTHY
    if found.level == OK:
        return HEALTHY
    return SKIPPED if found.said.startswith(LEFT) else MENDED
