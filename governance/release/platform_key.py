"""The platform's own keys, as the ledger names them: each from its event on, until the next one takes its place."""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from governance.digest import canonical_bytes
from governance.errors import IntegrityError
from governance.release import kinds
from governance.release.ledger import Event

PLATFORM = "heirloom"
"""The name under which the platform acts. It is no person's."""

NAMESPACE = "heirloom-platform"
"""What the platform signs, it signs in this namespace; people sign in another, so that neither ever speaks for the other."""

KEY_SCHEMA = "heirloom/platform-key/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedKey:
    """A key that an event named. `public` is its OpenSSH line without a comment; `until` is the seq that named the next one."""

    key: str
    public: str
    since: int
    replaces: str | None
    signature: str
    reason: str
    until: int | None = None

    def held_at(self, seq: int) -> bool:
        """True where this was the platform's key when that event was written."""
        return self.since <= seq and (self.until is None or seq < self.until)


def fingerprint(public: str) -> str:
    """The name of a public key as OpenSSH shows it: `SHA256:...`.

    Raises: IntegrityError where the text is no public key.
    """
    words = public.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (IndexError, binascii.Error, ValueError) as error:
        raise IntegrityError("is no public key in OpenSSH's form", where="platform key") from error
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode('ascii').rstrip('=')}"


def platform_keys(events: Iterable[Event]) -> tuple[NamedKey, ...]:
    """The platform's keys, oldest first.

    Raises: IntegrityError where a key does not carry its own fingerprint, or does not say which one it replaces.
    """
    found: list[NamedKey] = []
    for event in (event for event in events if event.kind == kinds.PLATFORM_KEY_NAMED):
        body, where = event.body, f"ledger seq {event.seq}"
        if body["key"] != fingerprint(body["public"]):
            raise IntegrityError(f"the platform key is not {body['key']}", where=where)
        before = found[-1].key if found else None
        if body["replaces"] != before:
            raise IntegrityError(f"the platform key replaces {body['replaces']}", expected=str(before), where=where)
        if found:
            found[-1] = replace(found[-1], until=event.seq)
        found.append(NamedKey(**body, since=event.seq))
    return tuple(found)


def key_held_at(keys: Sequence[NamedKey], seq: int) -> NamedKey | None:
    """The platform's key at an event; None before it had one."""
    return next((key for key in keys if key.held_at(seq)), None)


def key_statement(line: "Line", public: str, replaces: str) -> bytes:
    """What the old key signs when a new one takes its place."""
    return canonical_bytes({"schema": KEY_SCHEMA, **line.document(), "public": public, "replaces": replaces})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Which ledger a statement is about: its model, its environment, and the digest of its first event."""

    model: str
    environment: str
    origin: str

    def document(self) -> dict[str, str]:
        return {"model": self.model, "environment": self.environment, "origin": self.origin}


def line_of(events: Sequence[Event]) -> Line:
    """The line of a ledger that has events. A ledger that never said its model has an empty one."""
    created = next((event.body for event in events if event.kind == kinds.WORKSPACE_CREATED), {"model": "", "environment": ""})
    return Line(model=created["model"], environment=created["environment"], origin=events[0].digest)
