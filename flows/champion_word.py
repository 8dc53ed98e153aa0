"""By whose word the champion serves, found out again from the ledger as it was when its promotion was begun."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flows.finish import archive_of
from governance.actions.hearing import unproven
from governance.adapters.checks.check import Check, broken, doubtful, fine
from governance.digest import digest_document, read_document
from governance.errors import ConflictError, IntegrityError, RefusedError
from governance.release import kinds
from governance.release.electorate import Committer, Hearing
from governance.release.fold import fold
from governance.release.ledger import Event, moment
from governance.release.promotion import Permission, permit
from governance.release.rules import AUTO, PromotionRules
from governance.release.state import ADOPTED, Release
from governance.release.terms import Terms
from governance.section import read_section
from governance.wiring import Shop

NAME, APPROVERS = "champion's word", "approvers"


def check_champion_word(shop: Shop) -> Check:
    """The promotion of the champion is permitted once more: by the events before it, the policy it was judged under, and the keys of today.

    So a promotion that was written into the ledger is found, and so is an approval whose key nobody answers for any more.
    """
    events = shop.ledger.events()
    state = fold(events)
    if state.champion is None:
        return fine(NAME, "nothing serves yet")
    release = state.releases[state.champion]
    if release.kind == ADOPTED:
        return fine(NAME, f"version {release.version} was adopted by {release.registered_by}, ledger {release.registered_seq}")
    intent = _intent(events, release)
    begun = moment(intent.at) if intent else None
    if intent is None or begun is None:
        return broken(NAME, f"version {release.version} serves, and its promotion was never begun", _FIX, IntegrityError.exit_code)
    rules = _judged_under(shop, release)
    if rules is None:
        return doubtful(NAME, f"the policy that version {release.version} was judged under is not kept here: {release.policy_sha256[:12]}")
    try:
        permission = _permitted_then(shop, events[: intent.seq - 1], begun, release, rules)
    except (RefusedError, ConflictError) as error:
        return broken(NAME, f"version {release.version} serves, and might not have been promoted: {error.found}", _FIX, error.exit_code)
    return _said(release, intent, permission)


def check_approvers(shop: Shop) -> Check:
    """As many people as the policy asks for could sign a yes today."""
    rules, environment = shop.policy.promotion, shop.policy.line.environment
    if rules.mode == AUTO:
        return fine(APPROVERS, "the policy is the approver")
    keys = shop.verifier.people()
    named = rules.approvers or keys
    able = [name for name in named if name in keys] if rules.signed_only(environment) else list(named)
    if len(able) >= rules.approvals or not (named or rules.signed_only(environment)):
        return fine(APPROVERS, f"{rules.approvals} of {', '.join(able) or 'whoever acts'}")
    said = f"{rules.approvals} approvals are wanted, and {len(able)} people have a key that counts: {', '.join(able) or 'nobody'}"
    return doubtful(APPROVERS, said, f"add their public keys to {shop.settings.signing.allowed_signers} under review (docs/signing.md)")


_FIX = "a retired key keeps its line in allowed_signers, with valid-before; else heirloom rollback needs no approval"


def _said(release: Release, intent: Event, permission: Permission) -> Check:
    named = f"version {release.version}, ledger {intent.seq}"
    if permission.granted:
        return fine(NAME, f"{named}: by {', '.join(permission.approved_by)}")
    words = "".join(f"; {one.sentence}" for one in permission.weighed if one.doubt)
    return broken(NAME, f"{named}: {permission.missing} approvals are missing{words}", _FIX, IntegrityError.exit_code)


def _intent(events: Sequence[Event], release: Release) -> Event | None:
    """The intent that the promotion of a release rests on."""
    mine = (one for one in events if one.kind == kinds.PROMOTION_INTENDED and one.body["version"] == release.version)
    return max((one for one in mine if one.seq < (release.promoted_seq or 0)), key=lambda one: one.seq, default=None)


def _judged_under(shop: Shop, release: Release) -> dict[str, Any] | None:
    """The policy in the kept cycle.json; None where it is gone or altered."""
    try:
        cycle = read_document(archive_of(shop, release.cycle_digest) / "cycle.json")
    except IntegrityError:
        return None  # said by who asks
    policy: dict[str, Any] = cycle["policy"]
    return policy if digest_document(cycle) == release.cycle_digest else None


def _permitted_then(shop: Shop, before: Sequence[Event], at: datetime, release: Release, policy: dict[str, Any]) -> Permission:
    """The permission as it was found when the intent was written, but for who committed the policy: that is in the intent, in words."""
    then = fold(before)
    terms = Terms(
        rules=read_section(PromotionRules, policy["promotion"], "cycle.json policy.promotion"),
        policy_sha256=release.policy_sha256,
        environment=policy["line"]["environment"],
        margins_calibrated=bool(policy["gates"]["calibrated"]),
    )
    doubts = {one.seq: unproven(shop.verifier, one, release.version) for one in then.releases[release.version].approvals if one.signed}
    hearing = Hearing(
        at=at,
        model=then.model or policy["line"]["model"],
        committer=Committer(shown="as it was said then"),
        unproven={seq: doubt for seq, doubt in doubts.items() if doubt},
    )
    return permit(then, release.version, terms, hearing)
