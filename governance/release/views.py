"""What the registry and the serving pointer should show: a projection of the state, and what is wrong with what they do show."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from governance.release.page import Page
from governance.release.state import PROMOTION, ROLLBACK, Release, State

CANARY, CANDIDATE, CHAMPION, PRE_SYNTHETIC, REFUSED = "canary", "candidate", "champion", "pre-synthetic", "refused"
OURS = (CANARY, CANDIDATE, CHAMPION, PRE_SYNTHETIC, REFUSED)
"""The aliases that the ledger decides; any other alias is somebody else's and left alone."""


DECIDED = frozenset(("heirloom.status", "heirloom.approvals", "heirloom.way_back", "heirloom.canary"))
"""Tags that say what was decided after registration: one of them that the ledger does not know was put there by somebody else."""
DESCRIPTION = "description"
NAMED = 3
NO_MARKUP = re.compile(r"[^A-Za-z0-9 .@-]")


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


def drift(state: State, shown: Mapping[str, int], gone: Container[int] = ()) -> tuple[AliasDrift, ...]:
    """Our aliases that are missing, wrong or left over, in order of name; no alias can name a version that is `gone` from the registry."""
    wanted = {alias: version for alias, version in wanted_aliases(state).items() if version not in gone}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDrift:
    """A tag, or the description, of a version's page that does not show what the ledger says; None = it is not there, or should not be."""

    version: int
    key: str
    found: str | None
    wanted: str | None

    @property
    def view(self) -> str:
        """What differs, in words."""
        return f"description of version {self.version}" if self.key == DESCRIPTION else f"tag {self.key} of version {self.version}"


def wanted_page(state: State, version: int) -> Page:
    """The page of a version by the ledger: as it was registered, with what the ledger decided since."""
    release = state.releases[version]
    registered = release.page or Page()
    identity = {"heirloom.cycle_digest": release.cycle_digest, "heirloom.checkpoint_digest": release.checkpoint}
    said = status_sentence(state, version) if registered.description else ""
    description = f"**{said}**\n\n{registered.description}" if said else registered.description
    return Page(description=description, tags={**registered.tags, **identity, **status_tags(state, version)})


def status_sentence(state: State, version: int) -> str:
    """What was decided about a version since its page was first written; empty where nothing was."""
    release = state.releases[version]
    yes = ", ".join(f"{_name(one.by)} (ledger {one.seq})" for one in release.approvals[:NAMED])
    said = {
        "champion": f"Champion, promoted at ledger {release.promoted_seq}{f', approved by {yes}' if yes else ''}.",
        "quarantined": f"Quarantined by the rollback of ledger {release.quarantined_seq}: its words are barred from later mixes.",
        "released": f"Was promoted at ledger {release.promoted_seq}; another one serves.",
        CANARY: f"Canary with {state.canaries.standing.words}." if state.canaries.standing else "",
    }
    return said.get(status_of(state, version)) or _undecided(state, release, yes)


def _undecided(state: State, release: Release, yes: str) -> str:
    """Of a version that never served: who refused it, what it was meanwhile, or who has said yes so far."""
    if release.refused_by is not None:
        return f"Refused by {_name(release.refused_by)}."
    if release.version in state.canaries.ended:
        return "Was canary; the tag heirloom.canary says why it was taken off."
    return f"Approved so far by {yes}." if yes and release.waiting else ""


def _name(actor: str) -> str:
    """A person's name as it may stand in Markdown: no sign of it is one of the markup."""
    return NO_MARKUP.sub("_", actor)[:40]


def lost(state: State, shown: Container[int]) -> tuple[int, ...]:
    """Versions that somebody needs to see and the registry does not have any more: what is kept, and what waits for people."""
    needed = {*state.kept, *(release.version for release in state.waiting)}
    return tuple(version for version in sorted(needed) if version not in shown)


def page_drift(state: State, shown: Mapping[int, Page]) -> tuple[PageDrift, ...]:
    """What differs on the pages that are there, in order of version; where an older ledger kept no page, only tags that it decides."""
    known = (version for version in sorted(shown) if version in state.releases)
    return tuple(drift for version in known for drift in _differences(state, version, shown[version]))


def _differences(state: State, version: int, shown: Page) -> Iterator[PageDrift]:
    wanted = wanted_page(state, version)
    ours = DECIDED if state.releases[version].page is None else shown.tags.keys()
    for key in sorted({*wanted.tags, *(shown.tags.keys() & ours)}):
        if shown.tags.get(key) != wanted.tags.get(key):
            yield PageDrift(version=version, key=key, found=shown.tags.get(key), wanted=wanted.tags.get(key))
    if wanted.description and shown.description != wanted.description:
        yield PageDrift(version=version, key=DESCRIPTION, found=shown.description, wanted=wanted.description)


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
