"""One person's yes or no to a candidate, bound to the digests that were looked at. A yes promotes nothing by itself."""

from governance.actions.outcomes import ApprovalOutcome
from governance.actions.promote import put_back_views
from governance.actions.release_desk import ReleaseDesk
from governance.errors import RefusedError
from governance.release import kinds
from governance.release.promotion import Terms, check_approver, counts, named, permit
from governance.release.rules import AUTO
from governance.release.state import Approval, State


def approve(desk: ReleaseDesk, version: int, reason: str, terms: Terms) -> ApprovalOutcome:
    """Record the actor's approval of a version; a second one by the same name over the same digests changes nothing.

    Raises: RefusedError for who asked for the run, where the policy needs nobody, and for everything that cannot be promoted;
    ConflictError where the champion is not the one that the version was judged against.
    """
    if terms.rules.mode == AUTO:
        raise RefusedError("the policy promotes without people", where="policy.promotion.mode", fix=f"heirloom promote {version}")
    actor = desk.ledger.actor
    if there := _given(desk.ledger.state(), version, actor, terms):
        return _outcome(desk, version, terms, there.seq, changed=False)
    event = desk.ledger.settle(kinds.APPROVAL_GIVEN, lambda now: _approval(now, version, actor, reason, terms))
    return _outcome(desk, version, terms, event.seq, changed=True)


def reject(desk: ReleaseDesk, version: int, reason: str) -> ApprovalOutcome:
    """Refuse a candidate for good; anybody may, the requester too. The alias `refused` follows where the registry can be reached.

    Raises: RefusedError where the version is unknown, or champion already: then it is `heirloom rollback` that helps.
    """
    state = desk.ledger.state()
    release = state.releases.get(version)
    if release is None:
        raise RefusedError(f"version {version} is not registered")
    if release.refused_by is not None:
        return ApprovalOutcome(version=version, by=release.refused_by, approved=False, changed=False, missing=0, seq=0)
    event = desk.ledger.settle(kinds.APPROVAL_REFUSED, lambda now: _refusal(now, version, reason))
    unmended = put_back_views(desk, desk.ledger.state())
    return ApprovalOutcome(version=version, by=event.actor, approved=False, changed=True, missing=0, seq=event.seq, degraded=bool(unmended))


def _given(state: State, version: int, actor: str, terms: Terms) -> Approval | None:
    release = state.releases.get(version)
    if release is None:
        return None
    return next((a for a in release.approvals if named(actor, (a.by,)) and counts(a, release, state, terms)), None)


def _approval(state: State, version: int, actor: str, reason: str, terms: Terms) -> dict[str, object]:
    release = check_approver(state, version, actor, terms)
    return {
        "version": version,
        "checkpoint": release.checkpoint,
        "decision_sha256": release.decision_sha256,
        "policy_sha256": terms.policy_sha256,
        "expected_champion": state.champion,
        "reason": reason,
    }


def _refusal(state: State, version: int, reason: str) -> dict[str, object]:
    if state.releases[version].promoted:
        raise RefusedError(f"version {version} is promoted already", fix="heirloom rollback")
    return {"version": version, "reason": reason}


def _outcome(desk: ReleaseDesk, version: int, terms: Terms, seq: int, *, changed: bool) -> ApprovalOutcome:
    missing = permit(desk.ledger.state(), version, terms).missing
    return ApprovalOutcome(version=version, by=desk.ledger.actor, approved=True, changed=changed, missing=missing, seq=seq)
