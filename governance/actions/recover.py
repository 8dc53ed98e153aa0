"""Recovery: an act that was killed is finished where its bytes are still true, and undone where they are not."""

from governance.actions.assurance import assure, verify_bytes
from governance.actions.hearing import hear
from governance.actions.outcomes import ABANDONED, FINISHED, NOTHING, WAITING, RecoveryOutcome
from governance.actions.pages import shown_pages
from governance.actions.promote import finish_promotion
from governance.actions.release_desk import ReleaseDesk, move_aliases, point
from governance.actions.rollback import finish_rollback
from governance.errors import ConflictError, DependencyError, IntegrityError, PolicyError, RefusedError
from governance.release import kinds
from governance.release.promotion import permit
from governance.release.rules import AUTO, DEMO
from governance.release.state import ADOPTED, ROLLBACK, Intent, Release, State


def recover(desk: ReleaseDesk) -> RecoveryOutcome:
    """Finish or undo the open intent, if there is one; repeating it changes nothing.

    A promotion is finished where nobody refused it since, what permitted it still does, and every byte is true; else it is abandoned and
    the views are put back: an intent in the ledger is no approval.
    A rollback is always finished. Where a foreign system is down the intent stays open and the result is `waiting`.

    Raises: IntegrityError where an open rollback's bytes are nowhere true, naming the release to go to instead.
    """
    state = desk.ledger.state()
    if state.intent is None:
        return RecoveryOutcome(result=NOTHING)
    try:
        return _resolve(desk, state, state.intent)
    except DependencyError as error:
        intent = state.intent
        return RecoveryOutcome(result=WAITING, act=intent.act, version=intent.version, reason=error.found, seq=intent.seq)
    except ConflictError as error:
        return RecoveryOutcome(result=NOTHING, act=state.intent.act, version=state.intent.version, reason=error.found)


def _resolve(desk: ReleaseDesk, state: State, intent: Intent) -> RecoveryOutcome:
    release = state.releases[intent.version]
    if intent.act == ROLLBACK:
        outcome = finish_rollback(desk, state, intent, assure(desk, state, release), None)
        return RecoveryOutcome(result=FINISHED, act=intent.act, version=intent.version, reason="; ".join(outcome.notes), seq=outcome.seq)
    if release.refused_by is not None:
        return _abandon(desk, state, intent, f"refused by {release.refused_by} meanwhile")
    if doubt := _not_permitted(desk, state, release):
        return _abandon(desk, state, intent, doubt)
    try:
        assured = verify_bytes(desk, release)
    except IntegrityError as error:
        return _abandon(desk, state, intent, error.found)
    done = finish_promotion(desk, intent, assured.files)
    return RecoveryOutcome(result=FINISHED, act=intent.act, version=intent.version, seq=done.seq)


def _not_permitted(desk: ReleaseDesk, state: State, release: Release) -> str:
    """Why policy and approvals do not permit the open promotion now; empty where they do, or where the policy of a demo is the approver.

    An adoption rests on one named person's word, which is its own event.
    """
    if desk.terms is None or release.kind == ADOPTED:
        return ""
    try:
        terms = desk.terms()
        if (terms.environment, terms.rules.mode) == (DEMO, AUTO):
            return ""
        missing = permit(state, release.version, terms, hear(desk, state, release.version, terms)).missing
    except (RefusedError, ConflictError, PolicyError) as error:
        return error.found
    return f"{missing} of its approvals do not count any more" if missing else ""


def _abandon(desk: ReleaseDesk, state: State, intent: Intent, reason: str) -> RecoveryOutcome:
    """The views first and the word last: while they are not put back, the intent stays open."""
    move_aliases(desk, state)
    point(desk, state)

    def decide(now: State) -> dict[str, object]:
        if now.intent is None or now.intent.seq != intent.seq:
            raise ConflictError("somebody else has ended the open promotion")
        return {"version": intent.version, "reason": reason}

    event = desk.ledger.settle(kinds.PROMOTION_ABANDONED, decide)
    unshown = shown_pages(desk)
    said = f"{reason}; the registry's pages are not written yet: {unshown}" if unshown else reason
    return RecoveryOutcome(result=ABANDONED, act=intent.act, version=intent.version, reason=said, seq=event.seq)
