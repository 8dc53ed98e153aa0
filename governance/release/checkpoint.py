"""Checkpoints: the platform's signed word on where a ledger ends, kept outside of it; and what they say of a ledger that is read later.

A chain shows every edit inside of it and no cut at its end. A checkpoint names a seq and the digest there, so that whatever comes before is
fixed for whoever holds it: a ledger that ends earlier was cut or is an old backup, and one with another digest there is another ledger.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.digest import canonical_bytes
from governance.errors import IntegrityError
from governance.release import kinds
from governance.release.ledger import GENESIS, Event
from governance.release.platform_key import Line, NamedKey

CHECKPOINT_SCHEMA = "heirloom/checkpoint/1"

DECIDES = frozenset(
    (
        *(kinds.CYCLE_FROZEN, kinds.CYCLE_EXTENDED, kinds.CYCLE_JUDGED, kinds.APPROVAL_GIVEN, kinds.APPROVAL_REFUSED),
        *(kinds.PROMOTION_COMMITTED, kinds.ROLLBACK_COMMITTED, kinds.BASELINE_APPROVED, kinds.SCHEDULE_UNFROZEN, kinds.CANARY_STARTED),
    )
)
"""Kinds after which a checkpoint is signed: what was registered before training, what was judged, and who decided what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where a ledger ended at a time: the seq of its last event and its digest."""

    line: Line
    seq: int
    head: str
    at: str

    def __post_init__(self) -> None:
        if self.seq < 1:
            raise ValueError(f"seq: {self.seq} is no event")

    def statement(self) -> dict[str, Any]:
        return {"schema": CHECKPOINT_SCHEMA, **self.line.document(), "seq": self.seq, "head": self.head, "at": self.at}

    def content(self) -> bytes:
        """The bytes that are signed: canonical JSON (RFC 8785)."""
        return canonical_bytes(self.statement())


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint with the platform's signature over it and the fingerprint of the key that gave it."""

    checkpoint: Checkpoint
    key: str
    signature: str

    @property
    def seq(self) -> int:
        return self.checkpoint.seq

    @property
    def head(self) -> str:
        return self.checkpoint.head

    @property
    def name(self) -> str:
        """Under which a witness keeps it. Two ledgers that part ways have two names, so that neither writes over the other's."""
        return f"{self.seq:010d}-{self.head[:16]}"

    def document(self) -> dict[str, Any]:
        return {"statement": self.checkpoint.statement(), "key": self.key, "signature": self.signature}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "SignedCheckpoint":
        """The inverse of `document`. Raises: IntegrityError where it is none."""
        try:
            said = dict(document["statement"])
            if said.pop("schema") != CHECKPOINT_SCHEMA:
                raise ValueError("schema")  # noqa: TRY301 - told below, with every other way to be none
            line = Line(model=said.pop("model"), environment=said.pop("environment"), origin=said.pop("origin"))
            found = Checkpoint(line=line, seq=int(said.pop("seq")), head=str(said.pop("head")), at=str(said.pop("at")))
            if said:
                raise ValueError("more than a checkpoint says")  # noqa: TRY301
            return cls(checkpoint=found, key=str(document["key"]), signature=str(document["signature"]))
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError("is no signed checkpoint") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """What one witness holds. `unreadable` names what it holds and nobody can read; `silent` says why it could not be asked."""

    witness: str
    checkpoints: tuple[SignedCheckpoint, ...] = ()
    unreadable: tuple[str, ...] = ()
    silent: str = ""


def disagreement(events: Sequence[Event], one: Checkpoint, witnesses: Sequence[str]) -> str:
    """How a checkpoint and a ledger with an unbroken chain cannot both be true; empty where they can."""
    have = "have" if len(witnesses) > 1 else "has"
    held = f"{' and '.join(witnesses)} {have} a checkpoint of {one.at} at seq {one.seq}, head {one.head[:16]}"
    if one.seq > len(events):
        return f"the ledger ends at seq {len(events)}, and {held}: it was cut at its end, or is an old backup"
    here = events[one.seq - 1].digest
    if here != one.head:
        return f"two ledgers: the head at seq {one.seq} is {here[:16]} here, and {held}"
    return ""


def to_verify(checkpoints: Iterable[SignedCheckpoint]) -> tuple[SignedCheckpoint, ...]:
    """The checkpoints whose signature has to be looked at where all agree with the chain: the last one of each key.

    It fixes every event before it. An earlier one that agrees with the same chain says nothing more, true or forged; one that does not
    agree is looked at whatever its place.
    """
    last: dict[str, SignedCheckpoint] = {}
    for one in checkpoints:
        if one.key not in last or (last[one.key].seq, last[one.key].checkpoint.at) < (one.seq, one.checkpoint.at):
            last[one.key] = one
    return tuple(last.values())


def key_problem(one: SignedCheckpoint, keys: Sequence[NamedKey], listed: Mapping[str, str]) -> str:
    """Why the key of a checkpoint is not the platform's at that seq; empty where it is. `listed`: fingerprint -> public key."""
    named = [key for key in keys if key.key == one.key]
    if named:
        if any(key.held_at(one.seq) for key in named):
            return ""
        return f"key {one.key} was not the platform's at seq {one.seq}"
    return "" if one.key in listed else f"no key of this ledger: {one.key}"


def owed(events: Sequence[Event], keys: Sequence[NamedKey]) -> int:
    """How many acts since the first key should have been witnessed."""
    return sum(1 for event in events if keys and event.seq > keys[0].since and event.kind in DECIDES)


def head_of(events: Sequence[Event]) -> str:
    return events[-1].digest if events else GENESIS
