"""May this version become champion, by whose word, and may this person say so: rules over the state, without any act."""

import unicodedata
from dataclasses import dataclass

from governance.errors import ConflictError, RefusedError
from governance.release.recall import refuse_recalled
from governance.release.rules import AUTO, PromotionRules
from governance.release.state import PASS, Approval, Release, State

DEMO, PRODUCTION = "demo", "production"
POLICY_APPROVER = "policy"
"""Who approved where the mode is `auto`: the approved policy itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds where a promotion is asked for: the policy in force, the environment, and whether its margins are calibrated."""

    rules: PromotionRules
    policy_sha256: str
    environment: str
    margins_calibrated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """A yes that is complete (`missing == 0`) or still waits for so many people; a no is raised as an error."""

    release: Release
    expected_champion: int | None
    approved_by: tuple[str, ...]
    missing: int
    excluded: tuple[str, ...]
    """Names that may not approve this version."""

    @property
    def granted(self) -> bool:
        return self.missing == 0


def permit(state: State, version: int, terms: Terms) -> Permission:
    """Who has said yes to this version and how many are missing.

    Raises: RefusedError where no number of people could promote it: unknown, not passed, refused, quarantined, made before another release
    was recalled or from it, judged under another policy, or `auto` where auto is not allowed. ConflictError where the champion is not the
    one that it was judged against.
    """
    release = promotable(state, version, terms)
    if terms.rules.mode == AUTO:
        _check_auto(terms)
        return Permission(release=release, expected_champion=state.champion, approved_by=(POLICY_APPROVER,), missing=0, excluded=())
    excluded = requesters(release) if terms.rules.exclude_requester else ()
    names = _distinct([a.by for a in release.approvals if counts(a, release, state, terms) and not named(a.by, excluded)])
    return Permission(
        release=release,
        expected_champion=state.champion,
        approved_by=names,
        missing=max(0, terms.rules.approvals - len(names)),
        excluded=excluded,
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
        raise RefusedError(
            f"the policy is {terms.policy_sha256[:12]}, version {version} was judged under {release.policy_sha256[:12]}",
            expected="the policy that the evidence was judged under: an approval cannot move to another one",
            fix="heirloom retrain judges under the policy of today; or put the policy back",
        )
    if state.champion != release.judged_against:
        raise ConflictError(
            f"version {version} was judged against {_name(release.judged_against)}, and now {_name(state.champion)} serves",
            fix="heirloom retrain",
        )
    refuse_recalled(state, release)
    return release


def check_approver(state: State, version: int, actor: str, terms: Terms) -> Release:
    """The release that this person may approve now.

    Raises: RefusedError for who asked for the run (four eyes by name), and for everything that `permit` refuses; ConflictError likewise.
    """
    release = promotable(state, version, terms)
    if release.promoted:
        raise RefusedError(f"version {version} is promoted already")
    excluded = requesters(release) if terms.rules.exclude_requester else ()
    if named(actor, excluded):
        raise RefusedError(
            f"{actor} asked for version {version} and may not approve it",
            expected="another person (promotion.exclude_requester)",
        )
    return release


def counts(approval: Approval, release: Release, state: State, terms: Terms) -> bool:
    """True where the approval was given for exactly these bytes, this evidence, this policy and this champion."""
    said = (approval.checkpoint, approval.decision_sha256, approval.policy_sha256, approval.expected_champion)
    return said == (release.checkpoint, release.decision_sha256, terms.policy_sha256, state.champion)


def requesters(release: Release) -> tuple[str, ...]:
    """Who asked for the review and who registered the candidate."""
    return _distinct([name for name in (release.requested_by, release.registered_by) if name])


def named(name: str, names: tuple[str, ...]) -> bool:
    """True where two spellings are one name: case, width and outer blanks do not make another person."""
    return _plain(name) in {_plain(other) for other in names}


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


def _distinct(names: list[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(_plain(name), name)
    return tuple(found.values())


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _name(version: int | None) -> str:
    return "no champion" if version is None else f"release {version}"
