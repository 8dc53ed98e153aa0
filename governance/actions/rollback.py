"""Rollback: true bytes, intent, serving pointer, aliases, read back, commit. One person, no approval, registry up or down."""

from governance.actions.assurance import Assurance, assure, assure_soon, mend_copy, problems
from governance.actions.outcomes import RollbackOutcome
from governance.actions.pages import shown_pages
from governance.actions.promote import put_back_views
from governance.actions.release_desk import ReleaseDesk, move_aliases, move_champion, point, read_back_alias, read_back_pointer
from governance.errors import ConflictError, GovernanceError
from governance.release import kinds
from governance.release.descendants import descendants_of
from governance.release.fold import leads_back, rolled_back
from governance.release.recall import way_to_recalled
from governance.release.state import PROMOTION, ROLLBACK, Intent, Release, State
from governance.release.targets import passed_over, rollback_target, skipped

NOT_GIVEN = "not given"
TRIES = 5

STEPS = (
    "rollback.verified",
    "rollback.intended",
    "rollback.cancelled",
    "rollback.frozen",
    "rollback.pointer",
    "rollback.hashed",
    "rollback.champion",
    "rollback.aliases",
    "rollback.copy",
    "rollback.read-back",
    "rollback.committed",
)
"""The points between the steps, in order; at each of them the process may die."""


def rollback(desk: ReleaseDesk, to: str, reason: str = NOT_GIVEN, *, dry_run: bool = False) -> RollbackOutcome:
    """Let an earlier release serve again; where it serves already, only views that show something else are put right.

    Bytes are hashed in full before anything moves. Only a release above `desk.hash_first_bytes` whose sizes and last scrub are right serves
    first and is hashed at once; where its bytes are not true it is restored, or reported with the intent open.

    An open promotion is cancelled. What was left for an older release is quarantined, and scheduled retraining is frozen. A registry that
    cannot be reached makes the outcome `degraded`: serving has moved, `reconcile` moves the aliases later.

    Raises: RefusedError and UsageError as `rollback_target`; IntegrityError naming the altered files and the next verified release, with
    nothing moved; DependencyError where the pointer cannot be written; ConflictError where others kept moving first.
    """
    state = desk.ledger.state()
    target = rollback_target(state, to)
    if dry_run:
        return _rehearsal(desk, state, target)
    assured = assure_soon(desk, state, target)
    desk.steps("rollback.verified")
    for _ in range(TRIES):
        if _there(state, target):
            return _already(desk, state, target, assured)
        if _joins(state.intent, target) and state.intent:
            return finish_rollback(desk, state, state.intent, assured, None)
        try:
            return _begin(desk, state, target, reason, assured)
        except _Moved:
            state = desk.ledger.state()
            target = _again(state, target, to)
    raise ConflictError(f"others moved the champion {TRIES} times meanwhile", fix="heirloom history, then try again")


def _again(state: State, target: Release, to: str) -> Release:
    """The same release after others moved.

    Raises: ConflictError where nobody named it, and it descends from what was recalled meanwhile.
    """
    target = rollback_target(state, str(target.version))
    if to != str(target.version) and (way := way_to_recalled(state, target.version)):
        raise ConflictError(
            f"release {target.version}, which {to} meant, descends from {way[-1]}, and that was recalled meanwhile",
            fix="heirloom history shows by whom; then heirloom rollback again",
        )
    return target


def finish_rollback(desk: ReleaseDesk, state: State, intent: Intent, assured: Assurance, cancelled: int | None) -> RollbackOutcome:
    """From an open intent over true bytes to the commit; every act in between may be repeated."""
    target, after = state.releases[intent.version], rolled_back(state, intent.version, intent.left, intent.seq)
    back = _is_back(state, intent)
    if back and desk.freeze_after_rollback:
        _freeze(desk, intent)
    desk.steps("rollback.frozen")
    point(desk, after)
    read_back_pointer(desk, target)
    desk.steps("rollback.pointer")
    if assured.pending:
        assured = assure(desk, state, target)
    desk.steps("rollback.hashed")
    note, copied = _show(desk, after, target)
    desk.steps("rollback.read-back")
    body: dict[str, object] = {"version": intent.version, "from": intent.left, "reason": intent.reason, "degraded": bool(note)}
    seq = _commit(desk, intent, body)
    desk.steps("rollback.committed")
    note = note or shown_pages(desk)
    return RollbackOutcome(
        version=intent.version,
        previous=intent.left,
        changed=True,
        degraded=bool(note),
        verified_files=assured.files,
        restored_from=assured.restored_from,
        problems=assured.found,
        copy_repaired=copied,
        cancelled=cancelled,
        quarantined=intent.left if back else None,
        frozen=back and desk.freeze_after_rollback,
        skipped=skipped(state, target),
        passed_over=passed_over(state, target),
        descends_from=way_to_recalled(after, target.version),
        descendants=descendants_of(after, intent.left) if back and intent.left is not None else None,
        notes=(note,) if note else (),
        seq=seq,
    )


class _Moved(Exception):  # noqa: N818 - it says what happened, and never leaves this module
    """Champion or open intent are not what the rollback was decided on."""


def _begin(desk: ReleaseDesk, state: State, target: Release, reason: str, assured: Assurance) -> RollbackOutcome:
    cancels = state.intent.version if state.intent and state.intent.act == PROMOTION else None
    left = cancels if target.version == state.champion else state.champion

    def decide(now: State) -> dict[str, object]:
        if (now.champion, now.intent, now.releases[target.version]) != (state.champion, state.intent, target):
            raise _Moved
        return {"version": target.version, "from": left, "reason": reason}

    event = desk.ledger.settle(kinds.ROLLBACK_INTENDED, decide)
    intent = Intent(act=ROLLBACK, seq=event.seq, version=target.version, left=left, actor=event.actor, reason=reason)
    desk.steps("rollback.intended")
    if cancels is not None:
        desk.ledger.settle(
            kinds.PROMOTION_ABANDONED, lambda _: {"version": cancels, "reason": f"cancelled by the rollback of ledger {event.seq}"}
        )
    desk.steps("rollback.cancelled")
    return finish_rollback(desk, state, intent, assured, cancels)


def _show(desk: ReleaseDesk, after: State, target: Release) -> tuple[str, bool]:
    """Move the registry's views; what it said where it could not, and whether its copy was replaced.

    The first call that fails is the last one: each may have waited its whole time limit.
    """
    try:
        move_champion(desk, target.version)
        desk.steps("rollback.champion")
        move_aliases(desk, after)
        desk.steps("rollback.aliases")
        copied = mend_copy(desk, target)
        desk.steps("rollback.copy")
        read_back_alias(desk, target.version)
    except GovernanceError as error:
        return f"registry: {error.found}", False
    return "", copied


def _freeze(desk: ReleaseDesk, intent: Intent) -> None:
    """Scheduled retraining stops, once. It is frozen before anything moves: a kill in between leaves the safe half."""
    if desk.ledger.state().frozen is None:
        desk.ledger.settle(kinds.SCHEDULE_FROZEN, lambda _: {"reason": f"rollback to {intent.version} (ledger {intent.seq})"})


def _commit(desk: ReleaseDesk, intent: Intent, body: dict[str, object]) -> int:
    """Commit the intent, or find that another process has; a newer rollback wins, and the views are put back to it."""

    def decide(now: State) -> dict[str, object]:
        if now.intent is None or now.intent.seq != intent.seq:
            raise _Moved
        return body

    try:
        return desk.ledger.settle(kinds.ROLLBACK_COMMITTED, decide).seq
    except _Moved:
        state = desk.ledger.state()
        if state.champion == intent.version and state.intent is None:
            return state.seq
        unmended = put_back_views(desk, state)
        raise ConflictError(
            f"the rollback to {intent.version} (ledger {intent.seq}) was overtaken by a later act",
            expected=f"the views could not all be put back: {unmended}" if unmended else "",
            fix="heirloom history shows by whom",
        ) from None


def _already(desk: ReleaseDesk, state: State, target: Release, assured: Assurance) -> RollbackOutcome:
    unmended = put_back_views(desk, state)
    return RollbackOutcome(
        version=target.version,
        previous=target.version,
        changed=False,
        degraded=bool(unmended),
        verified_files=assured.files,
        restored_from=assured.restored_from,
        problems=assured.found,
        notes=(unmended,) if unmended else (),
    )


def _rehearsal(desk: ReleaseDesk, state: State, target: Release) -> RollbackOutcome:
    """What would happen, with nothing restored, moved or written."""
    found = problems(desk, target)
    verified = 0 if found else assure(desk, state, target).files
    cancels = state.intent.version if state.intent and state.intent.act == PROMOTION else None
    left = cancels if target.version == state.champion else state.champion
    intent = Intent(act=ROLLBACK, seq=0, version=target.version, left=left, actor="")
    back = not _there(state, target) and _is_back(state, intent)
    return RollbackOutcome(
        version=target.version,
        previous=left if left is not None else state.champion,
        changed=False,
        verified_files=verified,
        problems=found,
        cancelled=cancels,
        quarantined=left if back else None,
        frozen=back and desk.freeze_after_rollback,
        skipped=skipped(state, target),
        passed_over=passed_over(state, target),
        descends_from=way_to_recalled(state, target.version),
        descendants=descendants_of(state, left) if back and left is not None else None,
        dry_run=True,
    )


def _there(state: State, target: Release) -> bool:
    return state.champion == target.version and state.intent is None


def _joins(intent: Intent | None, target: Release) -> bool:
    return intent is not None and (intent.act, intent.version) == (ROLLBACK, target.version)


def _is_back(state: State, intent: Intent) -> bool:
    if intent.left is None or intent.left == intent.version:
        return False
    return leads_back(state.releases[intent.version], state.releases[intent.left])
