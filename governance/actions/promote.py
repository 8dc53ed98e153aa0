"""Promotion: verify every byte, rehearse the way back, intend, move the views, read them back, commit.

Killed anywhere, `recover` finishes or undoes it.
"""

from dataclasses import replace

from governance.actions.assurance import verify_bytes
from governance.actions.hearing import hear
from governance.actions.outcomes import PromotionOutcome
from governance.actions.pages import shown_pages
from governance.actions.rehearse import rehearse
from governance.actions.release_desk import ReleaseDesk, move_aliases, move_champion, point, read_back_alias, read_back_pointer
from governance.errors import ConflictError, GovernanceError
from governance.release import kinds
from governance.release.electorate import electors
from governance.release.fold import promoted
from governance.release.promotion import Permission, permit
from governance.release.reading import refuse_overdue
from governance.release.state import PROMOTION, Intent, State
from governance.release.terms import Terms

STEPS = (
    "promote.verified",
    "promote.rehearsed",
    "promote.intended",
    "promote.champion",
    "promote.aliases",
    "promote.pointer",
    "promote.read-back",
    "promote.committed",
)
"""The points between the steps, in order; at each of them the process may die."""


class _Lost(Exception):  # noqa: N818 - it says what happened, and never leaves this module
    """The intent is not open any more: somebody finished, cancelled or abandoned it."""

    def __init__(self, state: State) -> None:
        super().__init__("the intent is not open any more")
        self.state = state


def promote(desk: ReleaseDesk, version: int, terms: Terms) -> PromotionOutcome:
    """Make a version champion if the terms permit it; already champion, or still waiting for people, changes nothing.

    Every approval is weighed anew, here and again where the intent is written: signature, digests, expiry, person.

    The way back from it is walked first, in a scratch place. A promotion of the same version that was killed is finished.

    Raises: RefusedError, ConflictError (as `permit`; also while another act is open, and where a rollback cancelled this one),
    IntegrityError where a byte is not as recorded or the ledger's witnesses disagree with it, DependencyError where the registry is down:
    then the intent stays open.
    """
    desk.prove(version)
    state = desk.ledger.state()
    if state.champion == version and state.intent is None:
        return PromotionOutcome(version=version, previous=state.champion, changed=False)
    hearing = hear(desk, state, version, terms)
    permission = permit(state, version, terms, hearing)
    if not permission.granted:
        may = electors(permission.release, terms, hearing.committer, desk.verifier.people())
        return replace(_waiting(state, permission), electors=may)
    refuse_overdue(state, hearing.at)
    assured = verify_bytes(desk, permission.release)
    desk.steps("promote.verified")
    if state.intent and (state.intent.act, state.intent.version) == (PROMOTION, version):
        return finish_promotion(desk, state.intent, assured.files)
    rehearsal = rehearse(desk, version)
    desk.steps("promote.rehearsed")
    event = desk.ledger.settle(kinds.PROMOTION_INTENDED, lambda now: _intention(desk, now, version, terms))
    body = event.body
    intent = Intent(
        act=PROMOTION, seq=event.seq, version=version, left=body["from"], actor=event.actor, approved_by=tuple(body["approved_by"])
    )
    desk.steps("promote.intended")
    return replace(finish_promotion(desk, intent, assured.files), rehearsal=rehearsal)


def finish_promotion(desk: ReleaseDesk, intent: Intent, verified_files: int) -> PromotionOutcome:
    """From an open intent over verified bytes to the commit; every act in between may be repeated.

    Raises: ConflictError where the intent was cancelled meanwhile (the views are put back first); DependencyError, the intent still open.
    """
    try:
        state = _still_open(desk.ledger.state(), intent)
        _act(desk, state, intent)
        event = desk.ledger.settle(kinds.PROMOTION_COMMITTED, lambda now: _commitment(now, intent))
    except _Lost as lost:
        return _after_loss(desk, lost.state, intent, verified_files)
    desk.steps("promote.committed")
    return replace(_outcome(intent, verified_files, event.seq), unshown=shown_pages(desk))


def put_back_views(desk: ReleaseDesk, state: State) -> str:
    """Make aliases and pointer show the ledger again; returns what could not be put back, or nothing."""
    said = []
    for mend in (point, move_aliases):
        try:
            mend(desk, state)
        except GovernanceError as error:
            said.append(error.found)
    return "; ".join(said) or shown_pages(desk)


def _act(desk: ReleaseDesk, state: State, intent: Intent) -> None:
    """Move alias and pointer to the new champion and read both back."""
    after = promoted(state, intent.version, state.seq + 1)
    move_champion(desk, intent.version)
    desk.steps("promote.champion")
    move_aliases(desk, after)
    desk.steps("promote.aliases")
    _still_open(desk.ledger.state(), intent)  # a rollback may have gone by: serving moves last and only if it has not
    point(desk, after)
    desk.steps("promote.pointer")
    _still_open(desk.ledger.state(), intent)
    read_back_alias(desk, intent.version)
    read_back_pointer(desk, after.releases[intent.version])
    desk.steps("promote.read-back")


def _intention(desk: ReleaseDesk, state: State, version: int, terms: Terms) -> dict[str, object]:
    hearing = hear(desk, state, version, terms)
    permission = permit(state, version, terms, hearing)
    if state.intent:
        raise ConflictError(
            f"a {state.intent.act} to version {state.intent.version} is open (ledger {state.intent.seq})",
            fix="heirloom recover finishes or undoes it",
        )
    if not permission.granted:
        raise ConflictError(f"version {version} has lost an approval since it was read", fix="heirloom status")
    return {
        "version": version,
        "from": state.champion,
        "checkpoint": permission.release.checkpoint,
        "approved_by": list(permission.approved_by),
        "approvals": list(permission.used),
        "policy_committer": hearing.committer.shown,
    }


def _still_open(state: State, intent: Intent) -> State:
    if state.intent is None or state.intent.seq != intent.seq:
        raise _Lost(state)
    return state


def _commitment(state: State, intent: Intent) -> dict[str, object]:
    _still_open(state, intent)
    return {"version": intent.version, "from": intent.left, "approved_by": list(intent.approved_by)}


def _after_loss(desk: ReleaseDesk, state: State, intent: Intent, verified_files: int) -> PromotionOutcome:
    """Somebody else ended the intent: what this process moved late is put back to what the ledger says."""
    unmended = put_back_views(desk, state)
    release = state.releases[intent.version]
    if state.champion == intent.version and (release.promoted_seq or 0) > intent.seq and not unmended:
        return _outcome(intent, verified_files, release.promoted_seq or 0)
    raise ConflictError(
        f"the promotion of version {intent.version} (ledger {intent.seq}) was cancelled, and {_serving(state)}",
        expected=f"the views could not all be put back: {unmended}" if unmended else "",
        fix="heirloom reconcile" if unmended else "heirloom history shows by whom",
    )


def _serving(state: State) -> str:
    return "nothing serves" if state.champion is None else f"release {state.champion} serves"


def _outcome(intent: Intent, verified_files: int, seq: int) -> PromotionOutcome:
    return PromotionOutcome(
        version=intent.version,
        previous=intent.left,
        changed=True,
        approved_by=intent.approved_by,
        verified_files=verified_files,
        seq=seq,
    )


def _waiting(state: State, permission: Permission) -> PromotionOutcome:
    return PromotionOutcome(
        version=permission.release.version,
        previous=state.champion,
        changed=False,
        missing=permission.missing,
        approved_by=permission.approved_by,
        excluded=tuple(one.name for one in permission.excluded),
        why_not=tuple(f"{one.name} {one.why}" for one in permission.excluded),
        doubts=tuple(one.sentence for one in permission.weighed if one.doubt),
    )
