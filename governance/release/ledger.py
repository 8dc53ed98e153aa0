"""The ledger: what was decided, event by event, each naming the one before it.

Order is `seq`, a number; `at` is for people. State is a fold over events (`governance.release.state`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.digest import digest_document
from governance.errors import IntegrityError

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact. `digest` is the sha256 of the canonical JSON of all other fields, so it names the whole history before it."""

    seq: int
    previous: str
    kind: str
    actor: str
    at: str
    body: Mapping[str, Any]
    digest: str

    def document(self) -> dict[str, Any]:
        """The event as JSON, digest included."""
        return {**_content(self), "digest": self.digest}


def follow(head: Event | None, *, kind: str, actor: str, at: str, body: Mapping[str, Any]) -> Event:
    """The event that comes after `head` (or first, where the ledger is empty)."""
    seq, previous = (head.seq + 1, head.digest) if head else (1, GENESIS)
    content = {"seq": seq, "previous": previous, "kind": kind, "actor": actor, "at": at, "body": dict(body)}
    return Event(seq=seq, previous=previous, kind=kind, actor=actor, at=at, body=body, digest=digest_document(content))


def verify(events: Sequence[Event]) -> None:
    """Every event follows the one before it and is named by its own content.

    A cut at the end cannot be seen from the chain alone: signed checkpoints come with a later issue.

    Raises: IntegrityError naming the first seq that is wrong.
    """
    previous, expected = GENESIS, 1
    for event in events:
        if event.seq != expected or event.previous != previous:
            raise IntegrityError("does not follow the event before it", where=f"ledger seq {expected}")
        if digest_document(_content(event)) != event.digest:
            raise IntegrityError("was changed after it was written", where=f"ledger seq {event.seq}")
        previous, expected = event.digest, expected + 1


def _content(event: Event) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "previous": event.previous,
        "kind": event.kind,
        "actor": event.actor,
        "at": event.at,
        "body": dict(event.body),
    }


def moment(written: str) -> datetime | None:
    """The time that an event gives; None where it is no time, or says not of which zone."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None  # said by who asks
    return found if found.utcoffset() is not None else None
