"""The canary of a line: a candidate that gets a share of the traffic beside the champion until a moment, and what ends it before that."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from governance.release import kinds
from governance.release.ledger import Event, moment

WINDOW_OVER = "its window is over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """`version` may get `percent` of the traffic until the moment `until`, on the word of those who approved its promotion."""

    version: int
    percent: int
    until: str
    by: str
    seq: int
    approved_by: tuple[str, ...]

    def over(self, now: datetime) -> bool:
        """True from its last moment on, and where no moment can be read from what was written."""
        end = moment(self.until)
        return end is None or end <= now

    @property
    def words(self) -> str:
        """`5 % of the traffic until 2026-11-21 03:07 UTC`."""
        return f"{self.percent} % of the traffic until {self.until[:16].replace('T', ' ')} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """The one that stands, if any, and version -> why it was the canary no more."""

    standing: Canary | None = None
    ended: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def version(self) -> int | None:
        return None if self.standing is None else self.standing.version

    def after(self, event: Event) -> "Canaries":
        """What stands once this event is in the ledger. A window that ended before it was written is over, although nobody said so."""
        if event.kind == kinds.CANARY_STARTED:
            kept = self.ending("another took its place")
            ended = {version: why for version, why in kept.ended.items() if version != event.body["version"]}
            return Canaries(standing=_started(event), ended=MappingProxyType(ended))
        if self.standing is None:
            return self
        return self.ending(_why(self.standing, event))

    def at(self, now: datetime) -> "Canaries":
        """What stands at a moment: a fold has no clock, so who shows or serves asks here."""
        return self.ending(WINDOW_OVER) if self.standing is not None and self.standing.over(now) else self

    def ending(self, why: str) -> "Canaries":
        """Nothing stands any more, for this reason; without a reason everything stays as it is."""
        if self.standing is None or not why:
            return self
        return replace(self, standing=None, ended=MappingProxyType({**self.ended, self.standing.version: why}))


def _started(event: Event) -> Canary:
    body = event.body
    return Canary(
        version=body["version"],
        percent=body["percent"],
        until=body["until"],
        by=event.actor,
        seq=event.seq,
        approved_by=tuple(body["approved_by"]),
    )


def _why(standing: Canary, event: Event) -> str:
    """Why an event ends the canary; empty where it does not."""
    if event.kind == kinds.CANARY_ENDED:
        return str(event.body["reason"]) if event.body["started"] == standing.seq else ""
    if event.kind in _ALWAYS:
        return f"{_ALWAYS[event.kind]} (ledger {event.seq})"
    if event.kind == kinds.APPROVAL_REFUSED and event.body["version"] == standing.version:
        return f"refused by {event.actor} (ledger {event.seq})"
    if event.kind == kinds.ROWS_WITHDRAWN and _learnt(event, standing.version):
        return f"it learnt from rows that were withdrawn (ledger {event.seq})"
    return WINDOW_OVER if standing.over(_moment(event.at)) else ""


_ALWAYS = {
    kinds.PROMOTION_COMMITTED: "another champion serves",
    kinds.ROLLBACK_INTENDED: "a rollback began",
    kinds.ROLLBACK_COMMITTED: "a rollback",
    kinds.SCHEDULE_FROZEN: "the line was frozen",
}
"""Kinds of events after which no canary stands, whichever it was."""


def _learnt(event: Event, version: int) -> bool:
    return str(version) in event.body["trained"] or version in event.body["perhaps"]


def _moment(written: str) -> datetime:
    """The time of an event; one that cannot be read is the last there is, so that nothing stands beyond it."""
    return moment(written) or datetime.max.replace(tzinfo=UTC)
