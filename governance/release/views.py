"""What the registry and the serving pointer should show: a projection of the state, and what is wrong with what they do show."""

from collections.abc import Mapping
from dataclasses import dataclass

from governance.release.state import PROMOTION, ROLLBACK, State

CANARY, CANDIDATE, CHAMPION, PRE_SYNTHETIC, REFUSED = "canary", "candidate", "champion", "pre-synthetic", "refused"
OURS = (CANARY, CANDIDATE, CHAMPION, PRE_SYNTHETIC, REFUSED)
"""The aliases that the ledger decides; any other alias is somebody else's and left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasDrift:
    """An alias that does not show what the ledger says; None = no such alias."""

    alias: str
    found: int | None
    wanted: int | None


def wanted_champion(state: State) -> int | None:
    """Who should serve: the version that an open rollback goes to, else the champion. An open promotion has earned nothing yet."""
    if state.intent and state.intent.act == ROLLBACK:
        return state.intent.version
    return state.champion


def wanted_aliases(state: State) -> Mapping[str, int]:
    """Alias -> version by the ledger.

    `candidate` is the newest version that waits for promotion, `refused` the newest that cannot be promoted: blocked, inconclusive, or
    refused by a person.
    """
    waiting = [r.version for r in state.waiting]
    refused = [r.version for r in state.releases.values() if not r.promoted and not r.waiting and not r.quarantined]
    wanted = {
        CANARY: state.canaries.version,
        CANDIDATE: max(waiting, default=None),
        CHAMPION: wanted_champion(state),
        PRE_SYNTHETIC: state.pre_synthetic,
        REFUSED: max(refused, default=None),
    }
    return {alias: version for alias, version in wanted.items() if version is not None}


def drift(state: State, shown: Mapping[str, int]) -> tuple[AliasDrift, ...]:
    """Our aliases that are missing, wrong or left over, in order of name."""
    wanted = wanted_aliases(state)
    return tuple(
        AliasDrift(alias=alias, found=shown.get(alias), wanted=wanted.get(alias)) for alias in OURS if shown.get(alias) != wanted.get(alias)
    )


def status_tags(state: State, version: int) -> Mapping[str, str]:
    """The tags of a version that the ledger decides; every one of them can be rebuilt from it."""
    release = state.releases[version]
    return {
        "heirloom.status": status_of(state, version),
        "heirloom.verdict": release.verdict,
        "heirloom.checkpoint": release.checkpoint,
        "heirloom.decision_sha256": release.decision_sha256,
        "heirloom.policy_sha256": release.policy_sha256,
        "heirloom.ledger_seq": str(release.promoted_seq or release.registered_seq),
        **({"heirloom.approvals": said} if (said := ", ".join(f"{a.by} (ledger {a.seq})" for a in release.approvals)) else {}),
        **({"heirloom.way_back": walked} if (walked := way_back_words(state, version)) else {}),
        **({"heirloom.canary": said} if (said := canary_words(state, version)) else {}),
    }


def canary_words(state: State, version: int) -> str:
    """The share and the window of the canary, or why it is one no more; empty for a version that never was."""
    standing = state.canaries.standing
    if standing is not None and standing.version == version:
        return f"{standing.words} (ledger {standing.seq})"
    why = state.canaries.ended.get(version, "")
    return f"taken off: {why}" if why else ""


def way_back_words(state: State, version: int) -> str:
    """Where a rollback from a version goes and what rehearsing that took; empty where nobody rehearsed it."""
    walked = state.rehearsals.get(version)
    if walked is None:
        return ""
    return f"release {walked.to}, rehearsed in {walked.milliseconds / 1000:.1f} s, {walked.files} files (ledger {walked.seq})"


def status_of(state: State, version: int) -> str:
    """What a version is now, in a word: champion, quarantined, being promoted, released, canary, waiting or refused."""
    release = state.releases[version]
    if version == state.champion:
        return "champion"
    if release.quarantined:
        return "quarantined"
    if state.intent and state.intent.act == PROMOTION and state.intent.version == version:
        return "being promoted"
    if release.promoted:
        return "released"
    if version == state.canaries.version:
        return CANARY
    return "waiting" if release.waiting else REFUSED
