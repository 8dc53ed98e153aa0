"""What an earlier `heirloom serve` left on the Prefect server when it was killed: runs that were missed, and runs that died with it."""

from typing import Any

from flows.local import deployment_name
from governance.wiring import Shop

AT_MOST = 200
"""Prefect plans at most 100 runs of a schedule ahead, and hands out at most 200 runs at a time."""


def tidy(shop: Shop) -> tuple[int, int]:
    """Clear what an earlier `heirloom serve` left on the server: (missed runs that are now skipped, dead runs that are now crashed).

    A schedule that was down for three days owes nobody three days of runs (F13), and a run whose process was killed says RUNNING for ever
    and holds its slot (F12). Only one process serves a workspace, and it is this one, so no run of these deployments can be alive.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName, FlowRunFilter
    from prefect.client.schemas.objects import State
    from prefect.states import Cancelled, Crashed

    ours = DeploymentFilter(name=DeploymentFilterName(any_=[deployment_name(shop)]))
    missed: State[Any] = Cancelled(name="Skipped", message="nobody served this workspace when it was due")
    dead: State[Any] = Crashed(message="the process that ran it is gone")
    counts = []
    with get_client(sync_client=True) as client:
        for wanted, state in ((_late(shop), missed), (_alive(), dead)):
            runs = client.read_flow_runs(deployment_filter=ours, flow_run_filter=FlowRunFilter(**wanted), limit=AT_MOST)
            for run in runs:
                client.set_flow_run_state(run.id, state, force=True)
            counts.append(len(runs))
    return counts[0], counts[1]


def _late(shop: Shop) -> dict[str, Any]:
    from prefect.client.schemas.filters import FlowRunFilterNextScheduledStartTime, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType

    return {
        "state": FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        "next_scheduled_start_time": FlowRunFilterNextScheduledStartTime.model_validate({"before_": shop.clock.now()}),
    }


def _alive() -> dict[str, Any]:
    from prefect.client.schemas.filters import FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType

    return {"state": FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]))}
