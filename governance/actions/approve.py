"""One person's yes or no to a candidate: shown, signed, and bound to the digests that were looked at. A yes promotes nothing by itself."""

from dataclasses import replace
from datetime import timedelta

from governance.actions.hearing import committer_of, hear
from governance.actions.outcomes import ApprovalOutcome
from governance.actions.pages import shown_pages
from governance.actions.promote import put_back_views
from governance.actions.release_desk import ReleaseDesk
from governance.errors import ConflictError, RefusedError
from governance.ports.signer import NotSigned, Signer
from governance.release import kinds
from governance.release.approval import Approval
from governance.release.approval_statement import Statement, timestamp
from governance.release.electorate import named, weigh
from governance.release.promotion import check_approver, permit
from governance.release.rules import AUTO
from governance.release.state import Release, State
from governance.release.terms import Terms

NOT_ASKED = "not asked"
"""Who committed the policy, in a refusal: nobody is kept from saying no."""


def draft_approval(desk: ReleaseDesk, version: int, reason: str, terms: Terms) -> Statement:
    """What the actor would sign now.

    Raises: RefusedError for who may not approve, where the policy needs nobody, and for everything that cannot be promoted; ConflictError
    where the champion is not the one that the version was judged against.
    """
    if terms.rules.mode == AUTO:
        raise RefusedError("the policy promotes without people", where="policy.promotion.mode", fix=f"heirloom promote {version}")
    desk.prove(version)
    return _draft(desk, desk.ledger.state(), version, reason, terms)


def approve(
    desk: ReleaseDesk, version: int, reason: str, terms: Terms, signer: Signer | None = None, *, shown: Statement | None = None
) -> ApprovalOutcome:
    """Record the actor's approval of a version; a second one by the same name, while the first counts, changes nothing.

    `shown` is what the person agreed to. It is signed for the place in the ledger where it is then written, and for no other.

    Raises: as `draft_approval`; RefusedError where the policy wants a signature and none holds; ConflictError where something of what was
    shown is not so any more: then nothing is written.
    """
    if shown is not None:
        desk.prove(version)  # it was proved when it was drafted, and signing may take a person's time
    agreed = shown or draft_approval(desk, version, reason, terms)
    if there := _given(desk, version, terms):
        return _outcome(desk, terms, there, version, changed=False)

    def decide(now: State) -> dict[str, object]:
        statement = replace(_draft(desk, now, version, reason, terms), not_after=agreed.not_after)
        if statement != replace(agreed, seq=now.seq, head=now.head):
            raise ConflictError("what you agreed to is not so any more", fix=f"heirloom review {version}, then approve again")
        return {**_body(statement), "not_after": statement.not_after, **_sealed(desk, statement, signer, terms)}

    event = desk.ledger.settle(kinds.APPROVAL_GIVEN, decide)
    unshown = shown_pages(desk)
    given = next(one for one in desk.ledger.state().releases[version].approvals if one.seq == event.seq)
    return replace(_outcome(desk, terms, given, version, changed=True), degraded=bool(unshown))


def draft_refusal(desk: ReleaseDesk, version: int, reason: str) -> Statement:
    """What the actor would sign now to refuse a version.

    Raises: RefusedError where the version is unknown, or champion already; ConflictError where it was refused before.
    """
    state = desk.ledger.state()
    if version not in state.releases:
        raise RefusedError(f"version {version} is not registered")
    if by := state.releases[version].refused_by:
        raise ConflictError(f"version {version} was refused by {by} already")
    return _refused(desk, state, version, reason)


def reject(desk: ReleaseDesk, version: int, reason: str, signer: Signer | None = None) -> ApprovalOutcome:
    """Refuse a candidate for good; anybody may, the requester too, signed or not. The alias `refused` follows where the registry can be
    reached.

    Raises: RefusedError where the version is unknown, or champion already: then it is `heirloom rollback` that helps.
    """
    release = desk.ledger.state().releases.get(version)
    if release is None:
        raise RefusedError(f"version {version} is not registered")
    if release.refused_by is not None:
        return ApprovalOutcome(version=version, by=release.refused_by, approved=False, changed=False, missing=0, seq=0)
    event = desk.ledger.settle(kinds.APPROVAL_REFUSED, lambda now: _refusal(desk, now, version, reason, signer))
    unmended = put_back_views(desk, desk.ledger.state())
    said = {"version": version, "by": event.actor, "seq": event.seq, "key": event.body["key"], "degraded": bool(unmended)}
    return ApprovalOutcome(approved=False, changed=True, missing=0, **said)


def _draft(desk: ReleaseDesk, state: State, version: int, reason: str, terms: Terms) -> Statement:
    committer = committer_of(desk.policy_history, terms.policy_sha256)
    release = check_approver(state, version, desk.ledger.actor, terms, committer, people=desk.verifier.people())
    end = desk.ledger.clock.now() + timedelta(days=terms.rules.valid_days)
    refusal = _no(desk, state, release, reason, terms.environment)
    return replace(refusal, approves=True, policy_committer=committer.shown, not_after=timestamp(end))


def _no(desk: ReleaseDesk, state: State, release: Release, reason: str, environment: str) -> Statement:
    """A refusal of a version as things stand."""
    return Statement(
        by=desk.ledger.actor,
        approves=False,
        model=desk.model,
        version=release.version,
        environment=environment,
        checkpoint=release.checkpoint,
        decision_sha256=release.decision_sha256,
        policy_sha256=release.policy_sha256,
        policy_committer=NOT_ASKED,
        cycle_digest=release.cycle_digest,
        expected_champion=state.champion,
        not_after=None,
        reason=reason,
        seq=state.seq,
        head=state.head,
    )


def _body(statement: Statement) -> dict[str, object]:
    """The statement's fields as its event keeps them; who said it, and where in the chain, are the event's own."""
    return {
        "version": statement.version,
        "checkpoint": statement.checkpoint,
        "decision_sha256": statement.decision_sha256,
        "policy_sha256": statement.policy_sha256,
        "expected_champion": statement.expected_champion,
        "reason": statement.reason,
        "model": statement.model,
        "environment": statement.environment,
        "cycle_digest": statement.cycle_digest,
        "policy_committer": statement.policy_committer,
        "statement_sha256": statement.digest,
    }


def _refused(desk: ReleaseDesk, state: State, version: int, reason: str) -> Statement:
    release = state.releases[version]
    if release.promoted:
        raise RefusedError(f"version {version} is promoted already", fix="heirloom rollback")
    return _no(desk, state, release, reason, state.environment or "")


def _refusal(desk: ReleaseDesk, state: State, version: int, reason: str, signer: Signer | None) -> dict[str, object]:
    statement = _refused(desk, state, version, reason)
    signature, key, _ = _signature(desk, statement, signer)
    return {**_body(statement), "signature": signature, "key": key}


def _sealed(desk: ReleaseDesk, statement: Statement, signer: Signer | None, terms: Terms) -> dict[str, object]:
    """Signature and key of a yes. A key that is there and is not the actor's approves nothing, wherever names alone would do."""
    if signer is None and terms.signed_only:
        raise RefusedError(
            f"approvals that are not signed do not count in {terms.environment}",
            where="policy.toml promotion.signed",
            fix="HEIRLOOM_SIGNING_KEY names your SSH key (docs/signing.md)",
        )
    signature, key, doubt = _signature(desk, statement, signer)
    if doubt:
        raise RefusedError(
            f"the signature does not show that {statement.by} approves: {doubt}",
            where="allowed_signers",
            fix="act under the name that your key is listed for (HEIRLOOM_ACTOR), or have the key added under review",
        )
    return {"signature": signature, "key": key}


def _signature(desk: ReleaseDesk, statement: Statement, signer: Signer | None) -> tuple[str, str, str]:
    """Signature, key, and why it proves nothing; verified as everybody else will verify it, and not kept where it proves nothing."""
    if signer is None:
        return "", "", ""
    signature = signer.sign(statement.signed)
    found = desk.verifier.verify(statement.signed, signature, by=statement.by, at=desk.ledger.clock.now())
    return ("", "", found.reason) if isinstance(found, NotSigned) else (signature, found.key, "")


def _given(desk: ReleaseDesk, version: int, terms: Terms) -> Approval | None:
    """The approval of this person that counts already."""
    state = desk.ledger.state()
    weighed = weigh(state, state.releases[version], terms, hear(desk, state, version, terms))
    return next((one.approval for one in weighed if not one.doubt and named(desk.ledger.actor, (one.approval.by,))), None)


def _outcome(desk: ReleaseDesk, terms: Terms, approval: Approval, version: int, *, changed: bool) -> ApprovalOutcome:
    state = desk.ledger.state()
    permission = permit(state, version, terms, hear(desk, state, version, terms))
    return ApprovalOutcome(
        version=version,
        by=desk.ledger.actor,
        approved=True,
        changed=changed,
        missing=permission.missing,
        needed=terms.rules.approvals,
        seq=approval.seq,
        key=approval.key,
        not_after=approval.not_after or "",
    )
