"""May this version be the canary: the terms of its promotion, every one of them, and a few more. Rules over the state, without any act."""

from governance.errors import ConflictError, RefusedError, UsageError
from governance.release.electorate import Hearing
from governance.release.promotion import Permission, permit
from governance.release.reading import refuse_overdue
from governance.release.state import State
from governance.release.terms import Terms

MOST_PERCENT, MOST_HOURS = 50, 14 * 24
"""A canary is the smaller part of the traffic, and for a time; more than that is a promotion."""


def check_window(percent: int, hours: int) -> None:
    """Raises: UsageError where the share or the window is none of a canary."""
    if not 1 <= percent <= MOST_PERCENT:
        raise UsageError(f"{percent} % of the traffic", where="--percent", expected=f"1..{MOST_PERCENT}", fix="more is a promotion")
    if not 1 <= hours <= MOST_HOURS:
        raise UsageError(f"a window of {hours} hours", where="--hours", expected=f"1..{MOST_HOURS}")


def permit_canary(state: State, version: int, terms: Terms, hearing: Hearing) -> Permission:
    """Who has said yes to the promotion of this version and how many are missing: without all of them it is no canary either.

    Raises: as `permit` and `refuse_overdue`; RefusedError where it served before, learnt from withdrawn rows, or nothing serves beside it,
    and while the line is frozen; ConflictError while another act is open.
    """
    permission = permit(state, version, terms, hearing)
    release = permission.release
    if release.promoted:
        raise RefusedError(f"version {version} served before, and a canary is a candidate", fix=f"heirloom rollback --to {version}")
    if state.champion is None:
        raise RefusedError("nothing serves that a canary could stand beside", fix=f"heirloom promote {version}")
    if state.frozen is not None:
        raise RefusedError(f"the line is frozen: {state.frozen}", fix="heirloom unfreeze")
    if gone := [one.seq for one in state.withdrawn.values() if version in one.trained or version in one.perhaps]:
        raise RefusedError(f"version {version} learnt from rows that were withdrawn (ledger {gone[0]})", fix="heirloom retrain")
    if state.intent is not None:
        raise ConflictError(
            f"a {state.intent.act} to version {state.intent.version} is open (ledger {state.intent.seq})",
            fix="heirloom recover finishes or undoes it",
        )
    refuse_overdue(state, hearing.at)
    return permission


def doubt_of(state: State, version: int, terms: Terms, hearing: Hearing) -> str:
    """Why a canary could not be begun with this version now; empty where it could. What it was let out on has to hold while it stands."""
    try:
        missing = permit_canary(state, version, terms, hearing).missing
    except (RefusedError, ConflictError) as error:
        return error.found
    return f"{missing} of its approvals do not count any more" if missing else ""
