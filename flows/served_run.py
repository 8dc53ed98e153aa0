"""What a worker starts for one run: Prefect's own engine, in a process that ends when the worker is gone, and for our flows alone."""

import os
import runpy
import signal
import sys
import threading
import time

RUN_ID = "PREFECT__FLOW_RUN_ID"
OURS = ("flows.retrain.retrain", "flows.monitor.monitor", "flows.reconcile.reconcile_views", "flows.synthesize.synthesize")
LOOK_SECONDS = 1.0
GRACE_SECONDS = 15.0


def refusal(entrypoint: str | None, steps: object) -> str:
    """Why a deployment is not run here; empty where it is. It can be edited on the server's page, and a step of it is a command."""
    if entrypoint not in OURS:
        return f"{entrypoint!r} is no flow of this platform"
    return "it would run commands before the flow" if steps else ""


def refused(run_id: str) -> bool:
    """True where the run is of a deployment that is not ours; it is then marked as failed."""
    from uuid import UUID

    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import State
    from prefect.states import Failed

    with get_client(sync_client=True) as client:
        run = client.read_flow_run(UUID(run_id))
        deployment = client.read_deployment(run.deployment_id) if run.deployment_id else None
        why = refusal(deployment.entrypoint, deployment.pull_steps) if deployment else "it is of no deployment"
        if why:
            state: State[None] = Failed(name="Refused", message=why)
            client.set_flow_run_state(run.id, state, force=True)
    return bool(why)


def _end_with(worker: int) -> None:
    """As soon as the process that started us is gone: SIGTERM, for a clean end, and SIGKILL where that takes too long."""
    while os.getppid() == worker:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def main(worker: int) -> None:
    """Run what the environment names."""
    threading.Thread(target=_end_with, args=(worker,), daemon=True).start()
    run_id = os.environ[RUN_ID]
    if not refused(run_id):
        sys.argv = ["prefect.engine", run_id]
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
