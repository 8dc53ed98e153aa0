"""The schedule on a server of the team's: a work pool for this line, and its deployments in it. `heirloom infra worker` executes them.

A pool is for one line, because a worker works in one workspace. What a run may be started with is decided by the worker (flows/worker.py):
the pool's template has no variable for a command or an environment that somebody could fill in on the server's page (attack A20).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.local import API_URL, deployment_name
from flows.serve import crons_of, deployments, prefect_errors
from governance.errors import UsageError
from governance.wiring import Shop

PROCESS = "process"
AT_ONCE = 4
"""Runs of one line at a time: a retraining, and beside it the monitor, the reconciling and a teacher that writes."""
TEMPLATE: Mapping[str, Any] = {"job_configuration": {"stream_output": True}, "variables": {"type": "object", "properties": {}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A pool and the deployments in it, name -> cron line; one that is not scheduled has none."""

    page: str
    pool: str
    made: bool
    deployments: Mapping[str, str]


def pool_name(shop: Shop) -> str:
    """The pool of this line."""
    return f"heirloom-{deployment_name(shop)}"


def server_page() -> str:
    """The page of the Prefect server that the environment names. Raises: UsageError where it names none."""
    named = os.environ.get(API_URL)
    if not named:
        raise UsageError(
            f"{API_URL} is not set", where="the environment", expected="a team's Prefect server", fix="heirloom serve needs none"
        )
    return named.rstrip("/").removesuffix("/api")


def lay_out_pool(shop: Shop) -> Laid:
    """Make the pool where it is missing, and its deployments as heirloom.toml says now.

    Raises: UsageError where no server is named or nothing is scheduled; PolicyError for a cron line that is none; DependencyError where the
    server does not do it.
    """
    page, crons, pool = server_page(), crons_of(shop), pool_name(shop)
    os.environ.setdefault("PREFECT_HOME", str(shop.workspace.scheduler))
    with prefect_errors(page):
        made = _pool(pool)
        wanted = deployments(shop, crons)
        for deployment in wanted:
            deployment.apply(work_pool_name=pool)
    names = {str(one.flow_name): "" for one in wanted}
    return Laid(page=page, pool=pool, made=made, deployments={name: crons.get(name, "") for name in names})


def prove_pool(name: str) -> None:
    """The pool is there. Raises: UsageError where it was never made."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(name)
        except ObjectNotFound as error:
            raise UsageError("is no work pool", where=name, expected="the pool of this line", fix="heirloom infra bootstrap") from error


def _pool(name: str) -> bool:
    """True where the pool was made now; one that is there gets the template and the limit of today."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
    from prefect.exceptions import ObjectNotFound

    template = dict(TEMPLATE)
    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(name)
        except ObjectNotFound:
            client.create_work_pool(WorkPoolCreate(name=name, type=PROCESS, base_job_template=template, concurrency_limit=AT_ONCE))
            return True
        client.update_work_pool(name, WorkPoolUpdate(base_job_template=template, concurrency_limit=AT_ONCE))
    return False
