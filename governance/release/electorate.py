"""Whose yes counts, and for what: every approval of a version is weighed anew against what is found at that moment."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from governance.release.approval import Approval
from governance.release.ledger import moment
from governance.release.rules import MAJORITY_LABELLER, POLICY_COMMITTER
from governance.release.state import Release, State
from governance.release.terms import Terms

SKEW = timedelta(seconds=5)
"""How far two clocks may be apart (fault F11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committer:
    """Who put the policy in force, by all names that the commit gives; no names = nobody knows, and `shown` says why."""

    shown: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What was found out for one decision about one version: the time, who committed the policy, and why signatures prove nothing.

    `unproven` is seq of an approval -> the reason; a signature that is not there holds. `model` is the line that is decided about.
    """

    at: datetime
    model: str
    committer: Committer
    unproven: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """Who may not approve a version. `names` are all that the person is known by; `why` follows the name: `asked for version 2`."""

    name: str
    why: str
    names: tuple[str, ...]
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One recorded yes, and why it does not count now; empty where it does."""

    approval: Approval
    doubt: str

    @property
    def sentence(self) -> str:
        """`reviewer-a, ledger 414: does not count, it was valid until 2026-11-27 12:00:00Z`."""
        end = f"counts until {self.approval.not_after}" if self.approval.not_after else "counts"
        return f"{self.approval.by}, ledger {self.approval.seq}: {f'does not count, {self.doubt}' if self.doubt else end}"


def weigh(state: State, release: Release, terms: Terms, hearing: Hearing) -> tuple[Weighed, ...]:
    """Every approval of a version in the order in which they were given, each with the first reason why it does not count."""
    return tuple(Weighed(approval=one, doubt=_doubt(one, state, release, terms, hearing)) for one in release.approvals)


def excluded(release: Release, terms: Terms, committer: Committer) -> tuple[Excluded, ...]:
    """Who may not approve this version by the policy."""
    found = []
    if terms.rules.exclude_requester:
        asked = f"asked for version {release.version}"
        found += [Excluded(name=name, why=asked, names=(name,), setting="promotion.exclude_requester") for name in requesters(release)]
    if POLICY_COMMITTER in terms.rules.exclude and committer.names:
        put = f"committed the policy ({committer.shown})"
        found.append(Excluded(name=committer.names[0], why=put, names=committer.names, setting=f"promotion.exclude {POLICY_COMMITTER}"))
    if MAJORITY_LABELLER in terms.rules.exclude:
        found += _labellers(release)
    return tuple(found)


def _labellers(release: Release) -> list[Excluded]:
    """Who labelled most of the rows of the candidate's cycle whose origin a person's label decided; all of them where several did."""
    counts = release.labellers or {}
    most, rows = max(counts.values(), default=0), sum(counts.values())
    setting = f"promotion.exclude {MAJORITY_LABELLER}"
    return [
        Excluded(name=name, why=f"labelled {most:,} of its {rows:,} relabelled rows", names=(name,), setting=setting)
        for name, count in sorted(counts.items())
        if count == most
    ]


def barring(name: str, barred: tuple[Excluded, ...]) -> Excluded | None:
    """What bars a person; None where nothing does."""
    return next((one for one in barred if named(name, one.names)), None)


def electors(release: Release, terms: Terms, committer: Committer, people: tuple[str, ...]) -> tuple[str, ...]:
    """Who may approve this version: the policy's approvers, or where it names none whoever has a key, without who is excluded."""
    barred = excluded(release, terms, committer)
    return tuple(name for name in terms.rules.approvers or people if not barring(name, barred))


def may_approve(name: str, terms: Terms) -> bool:
    """Whether the policy names a person among its approvers, where it names any."""
    return not terms.rules.approvers or named(name, terms.rules.approvers)


def requesters(release: Release) -> tuple[str, ...]:
    """Who asked for the review and who registered the candidate."""
    return distinct([name for name in (release.requested_by, release.registered_by) if name])


def named(name: str, names: tuple[str, ...]) -> bool:
    """True where two spellings are one name: case, width and outer blanks do not make another person."""
    return _plain(name) in {_plain(other) for other in names}


def distinct(names: list[str]) -> tuple[str, ...]:
    """One spelling of each name, the first."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(_plain(name), name)
    return tuple(found.values())


def _doubt(approval: Approval, state: State, release: Release, terms: Terms, hearing: Hearing) -> str:
    bar = barring(approval.by, excluded(release, terms, hearing.committer))
    reasons = (
        _spent(approval, release),
        _other(approval, state, release, terms, hearing),
        _untimely(approval, state, terms, hearing),
        f"{bar.name} {bar.why} ({bar.setting})" if bar else "",
        "" if may_approve(approval.by, terms) else f"{approval.by} is not among promotion.approvers",
        _unsigned(approval, terms, hearing),
    )
    return next((reason for reason in reasons if reason), "")


def _spent(approval: Approval, release: Release) -> str:
    """A yes is for one promotion: it does not bring a version back that was promoted on it, or left by a rollback."""
    if release.promoted_seq is not None and release.promoted_seq > approval.seq:
        return f"it was spent by the promotion of ledger {release.promoted_seq}"
    return "its version was left by a rollback" if release.quarantined else ""


def _other(approval: Approval, state: State, release: Release, terms: Terms, hearing: Hearing) -> str:
    """What it was given for and is not so now; a field that an older version did not keep is not compared."""
    pairs = (
        (approval.model, hearing.model, "line"),
        (approval.environment, terms.environment, "environment"),
        (approval.checkpoint, release.checkpoint, "model"),
        (approval.decision_sha256, release.decision_sha256, "evidence"),
        (approval.policy_sha256, terms.policy_sha256, "policy"),
        (approval.cycle_digest, release.cycle_digest, "cycle"),
    )
    for said, found, what in pairs:
        if said is not None and said != found:
            return f"it was given for the {what} {said[:12]}, and this is {found[:12]}"
    if approval.expected_champion != state.champion:
        return f"it was given to replace {served(approval.expected_champion)}, and now {served(state.champion)} serves"
    return ""


def _untimely(approval: Approval, state: State, terms: Terms, hearing: Hearing) -> str:
    """A yes ends, and the time only goes on: a clock behind what the ledger has seen since revives nothing."""
    given, days = moment(approval.at), timedelta(days=terms.rules.valid_days)
    if given is None:
        return f"its event gives no time: {approval.at!r}"
    if given > hearing.at + SKEW:
        return f"it was given at {_shown(given)}, and it is {_shown(hearing.at)} here: the clocks differ by more than {SKEW.seconds} s"
    end = given + days if approval.not_after is None else moment(approval.not_after)
    if end is None:
        return f"its end is no time: {approval.not_after!r}"
    if end - given > days + SKEW:
        return f"it would hold longer than {terms.rules.valid_days} days (promotion.valid_days)"
    return f"it was valid until {_shown(end)}" if max(hearing.at, moment(state.latest) or hearing.at) > end else ""


def _unsigned(approval: Approval, terms: Terms, hearing: Hearing) -> str:
    if approval.signed:
        return hearing.unproven.get(approval.seq, "")
    return f"it is not signed, and {terms.environment} counts signed approvals only" if terms.signed_only else ""


def served(version: int | None) -> str:
    """A champion in words."""
    return "no champion" if version is None else f"release {version}"


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()
