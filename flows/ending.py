"""How a flow run ends that could not do its work: failed, or skipped where nobody waits for it."""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.local import scheduled
from governance.errors import ConflictError, GovernanceError

SKIPPED = "Skipped"
"""A scheduled run that found retraining frozen, or the workspace held: nothing is queued, and the next one looks again (F13)."""


def ended(error: GovernanceError) -> State[Any]:
    """Failed, named by the kind of error; a scheduled run that found the workspace held is skipped."""
    if scheduled() and isinstance(error, ConflictError):
        return Completed(name=SKIPPED, message=str(error))
    return Failed(name=type(error).__name__.removesuffix("Error"), message=str(error), data=error)


def frozen(why: str) -> State[Any]:
    """After a rollback people decide when it goes on."""
    return Completed(name=SKIPPED, message=f"retraining is frozen: {why}")
