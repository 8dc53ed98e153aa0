"""Who was champion when, by which act, on whose word: the ledger as a table for people, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.release import kinds
from governance.release.canary import Canaries, Canary
from governance.release.fold import fold
from governance.release.ledger import Event
from governance.release.state import ADOPTED, PROMOTION, ROLLBACK, State

ADOPTION = "adoption"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move of the champion, by promotion, rollback or adoption.

    `was` is the version that it moved away from; `why` the reason that was given.
    """

    seq: int
    at: str
    champion: int
    was: int | None
    how: str
    who: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryStory:
    """A canary, and why it ended; nothing where nobody and no event has ended it yet."""

    canary: Canary
    ended: str

    @property
    def words(self) -> str:
        canary = self.canary
        who = f"version {canary.version}, {canary.words}, by {canary.by} (ledger {canary.seq}), approved by {', '.join(canary.approved_by)}"
        return f"{who}; taken off: {self.ended}" if self.ended else who


def canary_stories(events: Sequence[Event]) -> tuple[CanaryStory, ...]:
    """Every canary, newest first."""
    stood, now = dict[int, CanaryStory](), Canaries()
    for event in events:
        before, now = now.standing, now.after(event)
        if before is not None and now.standing != before:
            stood[before.seq] = CanaryStory(canary=before, ended=_ended(before, now))
        if now.standing is not None:
            stood[now.standing.seq] = CanaryStory(canary=now.standing, ended="")
    return tuple(reversed(stood.values()))


def _ended(before: Canary, now: Canaries) -> str:
    """The same version may be let out again in the place of itself."""
    return now.ended.get(before.version, "another took its place")


def history(events: Sequence[Event]) -> tuple[Move, ...]:
    """Every committed promotion and rollback, newest first."""
    state, moves = fold(events), []
    used: dict[int, Sequence[int] | None] = {}
    for event in events:
        if event.kind == kinds.PROMOTION_INTENDED:
            used[event.body["version"]] = event.body.get("approvals")
        if event.kind == kinds.PROMOTION_COMMITTED:
            version = event.body["version"]
            why = _reasons(state, version, used.get(version))
            moves.append(_move(event, _how(state, event), ", ".join(event.body["approved_by"]), why))
        if event.kind == kinds.ROLLBACK_COMMITTED:
            moves.append(_move(event, ROLLBACK, event.actor, event.body["reason"]))
    return tuple(reversed(moves))


def _move(event: Event, how: str, who: str, why: str) -> Move:
    body = event.body
    return Move(seq=event.seq, at=event.at, champion=body["version"], was=body["from"], how=how, who=who, why=why)


def _how(state: State, event: Event) -> str:
    return ADOPTION if state.releases[event.body["version"]].kind == ADOPTED else PROMOTION


def _reasons(state: State, version: int, used: Sequence[int] | None) -> str:
    """The reasons of the approvals that a promotion rested on; of all that there are where an older version did not say which."""
    return "; ".join(a.reason for a in state.releases[version].approvals if a.reason and (used is None or a.seq in used))
