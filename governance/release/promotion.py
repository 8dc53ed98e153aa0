"""May this version become champion, by whose word, and may this person say so: rules over the state, without any act."""

from dataclasses import dataclass

from governance.errors import ConflictError, RefusedError
from governance.release.electorate import (
    Committer,
    Excluded,
    Hearing,
    Weighed,
    barring,
    distinct,
    electors,
    excluded,
    may_approve,
    served,
    weigh,
)
from governance.release.recall import refuse_recalled
from governance.release.rules import AUTO, DEMO
from governance.release.state import PASS, Release, State
from governance.release.terms import Terms

PRODUCTION = "production"
POLICY_APPROVER = "policy"
"""Who approved where the mode is `auto`: the approved policy itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A yes that is complete (`missing == 0`) or still waits for so many people; a no is raised as an error."""

    release: Release
    expected_champion: int | None
    approved_by: tuple[str, ...]
    missing: int
    excluded: tuple[Excluded, ...] = ()
    """Who may not approve this version."""
    weighed: tuple[Weighed, ...] = ()
    """Every approval that was ever given of it, and why it does not count now where it does not."""

    @property
    def granted(self) -> bool:
        return self.missing == 0

    @property
    def used(self) -> tuple[int, ...]:
        """The seq of every approval that counts."""
        return tuple(one.approval.seq for one in self.weighed if not one.doubt)


def permit(state: State, version: int, terms: Terms, hearing: Hearing) -> Permission:
    """Who has said yes to this version and how many are missing.

    Raises: RefusedError where no number of people could promote it: unknown, not passed, refused, quarantined, made before another release
    was recalled or from it, judged under another policy, promoted before, or `auto` where auto is not allowed. ConflictError where the
    champion is not the one that it was judged against.
    """
    release = promotable(state, version, terms)
    if terms.rules.mode == AUTO:
        _check_auto(terms)
        return Permission(release=release, expected_champion=state.champion, approved_by=(POLICY_APPROVER,), missing=0)
    _check_unspent(release)
    weighed = weigh(state, release, terms, hearing)
    names = distinct([one.approval.by for one in weighed if not one.doubt])
    return Permission(
        release=release,
        expected_champion=state.champion,
        approved_by=names,
        missing=max(0, terms.rules.approvals - len(names)),
        excluded=excluded(release, terms, hearing.committer),
        weighed=weighed,
    )


def promotable(state: State, version: int, terms: Terms) -> Release:
    """The release, where nothing but people's approval stands between it and promotion. Raises: as `permit`."""
    release = state.releases.get(version)
    if release is None:
        known = ", ".join(str(r.version) for r in state.waiting) or "none"
        raise RefusedError(f"version {version} is not registered", expected=f"a waiting candidate: {known}")
    if release.verdict != PASS:
        raise RefusedError(f"version {version} was judged {release.verdict!r}, and only {PASS!r} can be promoted", fix="heirloom retrain")
    if release.quarantined:
        raise RefusedError(f"version {version} is quarantined: it was left by a rollback", fix="heirloom retrain")
    if release.refused_by is not None:
        raise RefusedError(f"version {version} was refused by {release.refused_by}", fix="heirloom retrain")
    if release.policy_sha256 != terms.policy_sha256:
        changed = terms.changes(release)
        raise RefusedError(
            f"the policy is {terms.policy_sha256[:12]}, version {version} was judged under {release.policy_sha256[:12]}"
            + (f" (changed: {changed})" if changed else ""),
            expected="the policy that the evidence was judged under: an approval cannot move to another one",
            fix="heirloom retrain judges under the policy of today; or put the policy back",
        )
    if state.champion != release.judged_against:
        raise ConflictError(
            f"version {version} was judged against {served(release.judged_against)}, and now {served(state.champion)} serves",
            fix="heirloom retrain",
        )
    refuse_recalled(state, release)
    return release


def check_approver(state: State, version: int, actor: str, terms: Terms, committer: Committer, *, people: tuple[str, ...] = ()) -> Release:
    """The release that this person may approve now; `people` are those who have a key, named where another one is asked for.

    Raises: RefusedError for who is excluded (four eyes by identity) or no approver, and for everything that `permit` refuses;
    ConflictError likewise.
    """
    release = promotable(state, version, terms)
    if release.promoted:
        raise RefusedError(f"version {version} is promoted already")
    others = ", ".join(electors(release, terms, committer, people)) or "another person"
    if bar := barring(actor, excluded(release, terms, committer)):
        raise RefusedError(f"{actor} {bar.why} and may not approve it", expected=f"{others} (policy {bar.setting})")
    if not may_approve(actor, terms):
        raise RefusedError(f"{actor} is no approver", expected=f"{others} (policy promotion.approvers)")
    return release


def _check_unspent(release: Release) -> None:
    if release.promoted_seq is not None:
        raise RefusedError(
            f"version {release.version} was promoted at ledger {release.promoted_seq}, and its approvals were spent by that",
            fix=f"heirloom rollback --to {release.version} goes back to it",
        )


def _check_auto(terms: Terms) -> None:
    if terms.environment == PRODUCTION:
        raise RefusedError(
            "promotion without people is not allowed in production", where="policy.promotion.mode", fix='set mode = "review"'
        )
    if not terms.margins_calibrated and terms.environment != DEMO:
        raise RefusedError(
            "promotion without people needs calibrated margins outside the demo",
            where="policy.promotion.mode",
            expected="gates.calibrated = true, and a drill of this gate on the line's own model that kept every promise",
            fix='set mode = "review", or heirloom drill run --model own',
        )
