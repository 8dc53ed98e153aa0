"""Approvals of a workspace: what a promotion is held to, with the policy that a version was judged under at hand. No Prefect."""

from dataclasses import replace
from functools import partial

from flows.finish import archive_of
from governance.actions.hearing import committer_of
from governance.adapters.git_policy import GitPolicy
from governance.digest import digest_document, read_document
from governance.errors import IntegrityError
from governance.policy import policy_changes
from governance.release.state import Release
from governance.release.terms import Terms
from governance.wiring import Shop


def terms_of(shop: Shop) -> Terms:
    """What a promotion is held to here and now, and in what the policy differs from the one that a version was judged under."""
    return replace(shop.terms, changes=partial(changes_since, shop))


def changes_since(shop: Shop, release: Release) -> str:
    """What the policy says other than when a release was judged, and who committed that; empty where its cycle.json is gone or altered."""
    try:
        cycle = read_document(archive_of(shop, release.cycle_digest) / "cycle.json")
    except IntegrityError:
        return ""  # the digests refuse it all the same: only the words are lost
    if digest_document(cycle) != release.cycle_digest:
        return ""
    committer = committer_of(GitPolicy(path=shop.workspace.policy), shop.policy.digest)
    by = f", by {committer.shown}" if committer.names else f"; by whom is {committer.shown}"
    return policy_changes(cycle["policy"], shop.policy.document()) + by
