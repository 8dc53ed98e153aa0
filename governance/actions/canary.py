"""A canary is let out and taken off: recorded first, then shown. The champion, and everything else that the views say, stays as it is.

There is no intent: what the ledger says stands from its event on, and a view that was not reached only gives the canary no traffic yet, or
is mended by `reconcile` and the monitor (docs/decisions/canary.md).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta

from governance.actions.assurance import verify_bytes
from governance.actions.hearing import hear
from governance.actions.outcomes import CanaryOutcome
from governance.actions.pages import show_pages
from governance.actions.release_desk import ReleaseDesk, move_aliases, now, point, shown_pointer
from governance.actions.serving import write_pointer
from governance.errors import ConflictError, GovernanceError, PolicyError, RefusedError
from governance.release import kinds
from governance.release.canary import WINDOW_OVER, Canary
from governance.release.canary_terms import check_window, doubt_of, permit_canary
from governance.release.promotion import Permission
from governance.release.state import State
from governance.release.terms import Terms
from governance.release.views import CANARY, wanted_champion

STEPS = ("canary.verified", "canary.recorded", "canary.pointer", "canary.aliases")
END_STEPS = ("canary.recorded", "canary.pointer", "canary.aliases")
"""The points between the steps, in order; at each of them the process may die."""
TRIES = 5
NOT_GIVEN = "not given"

NO_CANARY = CanaryOutcome(version=None, changed=False)


def nothing_read(state: State) -> str:
    """Nobody has looked at how the canary answers."""
    del state
    return ""


def begin_canary(desk: ReleaseDesk, version: int, terms: Terms, *, percent: int, hours: int) -> CanaryOutcome:
    """Let a candidate have a share of the traffic, on the terms of its promotion; while approvals are missing nothing is written.

    Every byte of it is verified first. The same canary again only puts the views right: its window is not made longer by asking.

    Raises: as `permit_canary`; UsageError for a share or window that is none; IntegrityError where a byte is not as recorded, or the
    ledger's witnesses disagree with it; RefusedError where another canary stands; DependencyError where the pointer cannot be written.
    """
    check_window(percent, hours)
    desk.prove(version)
    state = now(desk, desk.ledger.state())
    permission = permit_canary(state, version, terms, hear(desk, state, version, terms))
    if not permission.granted:
        return _waiting(permission)
    if state.canaries.standing is not None:
        return _again(desk, state.canaries.standing, version, percent)
    verify_bytes(desk, permission.release)
    desk.steps("canary.verified")
    event = desk.ledger.settle(kinds.CANARY_STARTED, lambda newest: _beginning(desk, newest, version, terms, percent=percent, hours=hours))
    desk.steps("canary.recorded")
    unshown = show_canary(desk)
    body = event.body
    return CanaryOutcome(
        version=version,
        changed=True,
        percent=percent,
        until=body["until"],
        approved_by=tuple(body["approved_by"]),
        seq=event.seq,
        unshown=unshown,
    )


def end_canary(desk: ReleaseDesk, reason: str = NOT_GIVEN) -> CanaryOutcome:
    """Take the canary off, whichever it is; anybody may. Where none stands the views are put right, and nothing is written.

    Raises: UsageError for a reason that cannot be kept; DependencyError where the serving pointer cannot be written: the ledger then says
    already that none stands, and repeating goes on from there.
    """
    standing = desk.ledger.state().canaries.standing
    if standing is None:
        return CanaryOutcome(version=None, changed=False, unshown=show_canary(desk))
    return _end(desk, standing, reason)


def watch_canary(
    desk: ReleaseDesk, terms: Callable[[], Terms], *, whole: bool = True, drift: Callable[[State], str] = nothing_read
) -> CanaryOutcome:
    """One look at the canary that stands: it is taken off where anything that let it out does not hold any more, and left alone else.

    In this order: its window, the terms it was let out on, its bytes where it is looked at `whole`, and what `drift` says of its answers.

    Raises: DependencyError where something cannot be asked; then it stands until its window is over.
    """
    state = desk.ledger.state()
    standing = state.canaries.standing
    if standing is None:
        return _leftover(desk, state)
    why = _why_not(desk, state, standing, terms, whole=whole) or drift(state)
    if why:
        return _end(desk, standing, why)
    return _as_it_stands(standing)


def _why_not(desk: ReleaseDesk, state: State, standing: Canary, terms: Callable[[], Terms], *, whole: bool) -> str:
    if standing.over(desk.ledger.clock.now()):
        return WINDOW_OVER
    try:
        held_to = terms()
    except PolicyError as error:
        return error.found
    if doubt := doubt_of(state, standing.version, held_to, hear(desk, state, standing.version, held_to)):
        return doubt
    if whole and (said := desk.store.differences(state.releases[standing.version].checkpoint)):
        return f"its bytes are altered: {said[0]}"
    return ""


def _leftover(desk: ReleaseDesk, state: State) -> CanaryOutcome:
    """Views that still show a canary of which the ledger says that it ended are put right; any other one is left to who mends views."""
    if not state.canaries.ended:
        return NO_CANARY
    pointer = shown_pointer(desk)
    shown = [desk.registry.aliases(desk.model).get(CANARY), pointer.canary.version if pointer and pointer.canary else None]
    left = next((version for version in shown if version is not None and version in state.canaries.ended), None)
    if left is None:
        return NO_CANARY
    return CanaryOutcome(version=left, changed=False, ended=True, reason=state.canaries.ended[left], unshown=show_canary(desk))


def _end(desk: ReleaseDesk, standing: Canary, reason: str) -> CanaryOutcome:
    """Write down that it ends, once, and show it."""

    def decide(newest: State) -> dict[str, object] | None:
        there = newest.canaries.standing
        if there is None or there.seq != standing.seq:
            return None
        return {"version": standing.version, "started": standing.seq, "reason": reason}

    event = desk.ledger.settle_if(kinds.CANARY_ENDED, decide)
    desk.steps("canary.recorded")
    unshown = show_canary(desk)
    seq = event.seq if event else 0
    return CanaryOutcome(version=standing.version, changed=event is not None, ended=True, reason=reason, seq=seq, unshown=unshown)


def _beginning(desk: ReleaseDesk, state: State, version: int, terms: Terms, *, percent: int, hours: int) -> dict[str, object]:
    state = now(desk, state)
    permission = permit_canary(state, version, terms, hear(desk, state, version, terms))
    if not permission.granted:
        raise ConflictError(f"version {version} has lost an approval since it was read", fix="heirloom status")
    if state.canaries.standing is not None:
        raise _stands(state.canaries.standing)
    until = desk.ledger.clock.now().astimezone(UTC) + timedelta(hours=hours)
    return {
        "version": version,
        "champion": state.champion,
        "checkpoint": permission.release.checkpoint,
        "percent": percent,
        "until": until.isoformat(timespec="seconds"),
        "approved_by": list(permission.approved_by),
        "approvals": list(permission.used),
    }


def _again(desk: ReleaseDesk, standing: Canary, version: int, percent: int) -> CanaryOutcome:
    if (standing.version, standing.percent) != (version, percent):
        raise _stands(standing)
    return replace(_as_it_stands(standing), approved_by=standing.approved_by, unshown=show_canary(desk))


def _as_it_stands(standing: Canary) -> CanaryOutcome:
    return CanaryOutcome(version=standing.version, changed=False, percent=standing.percent, until=standing.until, seq=standing.seq)


def _stands(standing: Canary) -> RefusedError:
    return RefusedError(f"version {standing.version} is the canary with {standing.words}", fix="heirloom canary end, then begin again")


def show_canary(desk: ReleaseDesk) -> str:
    """Make pointer, aliases and pages show the ledger, the pointer first; what the registry said where it could not.

    Somebody may promote or roll back meanwhile, and what is shown here must not be older than what they showed: so it is looked again.

    Raises: DependencyError where the pointer cannot be written; ConflictError where others kept moving.
    """
    for _ in range(TRIES):
        state, said = desk.ledger.state(), ""
        _point(desk, state)
        desk.steps("canary.pointer")
        try:
            move_aliases(desk, state)
            show_pages(desk)
        except GovernanceError as error:
            said = error.found
        desk.steps("canary.aliases")
        newest = desk.ledger.state()
        if (newest.champion, newest.intent, newest.canaries) == (state.champion, state.intent, state.canaries):
            return said
    raise ConflictError(f"others moved the views {TRIES} times meanwhile", fix="heirloom reconcile")


def _point(desk: ReleaseDesk, state: State) -> None:
    """Where the pointer shows the champion already and only a canary too many, that is struck out, and no store is asked for anything."""
    shown, champion = shown_pointer(desk), wanted_champion(state)
    serves = None if champion is None else (champion, state.releases[champion].checkpoint)
    if shown is None or (shown.version, shown.digest) != serves or now(desk, state).canaries.standing is not None:
        point(desk, state)
    elif shown.canary is not None:
        write_pointer(desk.pointer, replace(shown, canary=None))


def _waiting(permission: Permission) -> CanaryOutcome:
    return CanaryOutcome(
        version=permission.release.version,
        changed=False,
        missing=permission.missing,
        approved_by=permission.approved_by,
        doubts=tuple(one.sentence for one in permission.weighed if one.doubt),
    )
