"""Writing to the ledger: one facade that reads the head, checks the body, tells the time and appends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from governance.errors import ConflictError, UsageError
from governance.ports.clock import Clock
from governance.ports.ledger_store import LedgerStore
from governance.release.fold import fold
from governance.release.kinds import check_body, check_text
from governance.release.ledger import Event, follow, verify
from governance.release.state import State

TRIES = 100
"""How often `settle` decides again before it gives up: each try loses only to an append of somebody else that went through."""

Decide = Callable[[State], Mapping[str, object]]
"""The newest state -> the body of the event that is right in it; raises ConflictError where none is right any more."""


DecideIf = Callable[[State], Mapping[str, object] | None]
"""The same, or None where nothing has to be written any more."""


def nothing_more(event: Event) -> None:
    """What follows an event that is written, where nobody wants anything to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The ledger as one actor sees it. A process that writes for several people holds one value each."""

    store: LedgerStore
    clock: Clock
    actor: str
    acknowledged: Callable[[Event], None] = nothing_more
    """Called with each event that is written; it raises nothing, because the event stands."""

    def __post_init__(self) -> None:
        if not self.actor.strip():
            raise ValueError("actor: an event needs a name of who did it")

    def events(self) -> Sequence[Event]:
        """All events, with their chain verified. Raises: IntegrityError naming the first wrong seq."""
        events = self.store.events()
        verify(events)
        return events

    def state(self) -> State:
        """What the verified events add up to."""
        return fold(self.events())

    def record(self, kind: str, body: Mapping[str, object]) -> Event:
        """Append one event after the head as it is now, once.

        Raises: ConflictError where somebody moved first: nothing is written, and nothing is tried again. UsageError for an impossible body.
        """
        return self._append(self.store.head(), kind, body)

    def settle(self, kind: str, decide: Decide) -> Event:
        """Append the event that `decide` makes of the newest state; where somebody moved first, it is decided again.

        So an act that was right when it began is committed only if it still is, and an unrelated note in between does not stop it.

        Raises: what `decide` raises; ConflictError after a hundred lost races.
        """
        event = self.settle_if(kind, decide)
        if event is None:
            raise ValueError(f"{kind}: nothing was decided")
        return event

    def settle_if(self, kind: str, decide: DecideIf) -> Event | None:
        """Like `settle`, but where `decide` answers None nothing is written: somebody recorded it already, or nothing is to be recorded.

        Raises: as `settle`.
        """
        for _ in range(TRIES):
            events = self.events()
            head = events[-1] if events else None
            body = decide(fold(events))
            if body is None:
                return None
            try:
                return self._append(head, kind, body)
            except ConflictError:
                if self.store.head() == head:
                    raise  # nobody moved: the store is held by a process that does not let go
        raise ConflictError(f"{kind} lost {TRIES} races for the head of the ledger", fix="try again when fewer processes write")

    def _append(self, head: Event | None, kind: str, body: Mapping[str, object]) -> Event:
        check_body(kind, body)
        check_text(self.actor, "actor")
        now = self.clock.now()
        if now.utcoffset() is None:
            raise UsageError("the clock gives a time without an offset", expected="UTC")
        try:
            event = follow(head, kind=kind, actor=self.actor, at=now.isoformat(timespec="seconds"), body=body)
        except ValueError as error:
            raise UsageError(f"the body cannot be written as canonical JSON: {error}", where=f"ledger event {kind}") from error
        self.store.append(event)
        self.acknowledged(event)
        return event
