"""Where events are kept, in order, for good."""

from collections.abc import Sequence
from typing import Protocol

from governance.release.ledger import Event


class LedgerStore(Protocol):
    """An append-only list of hash-chained events with compare-and-swap on its head."""

    def events(self) -> Sequence[Event]:
        """All events in order of `seq`, as stored; verification is `governance.release.ledger.verify`."""

    def head(self) -> Event | None:
        """The last event, without reading the others; None where there is none yet."""

    def append(self, event: Event) -> None:
        """Add the event that follows the head.

        Raises: ConflictError when the head is no longer `event.previous` (somebody moved first); nothing is written then.
        """
