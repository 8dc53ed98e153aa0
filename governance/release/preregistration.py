"""Pre-registration: what a verdict will be judged by, signed into the ledger before training, so that no later choice can pick a winner."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.digest import canonical_bytes
from governance.release import kinds
from governance.release.ledger import Event
from governance.release.platform_key import Line

REGISTRATION_SCHEMA = "heirloom/preregistration/1"
SEALED = ("registration", "signature", "key")
"""Keys of `cycle.frozen` and `cycle.extended` that hold it; events of older versions have none of them."""


def registration_of(cycle: Mapping[str, Any], digest: str, gate_version: str, line: Line) -> dict[str, Any]:
    """The statement that the platform signs of a frozen cycle. The digests bind everything; thresholds, seed and pins also stand in clear.

    `looks` is how often the candidate may be looked at in all, `look` which of them this cycle is.
    """
    gates, extension = cycle["policy"]["gates"], cycle["extension"]
    return {
        "schema": REGISTRATION_SCHEMA,
        **line.document(),
        "cycle": cycle["number"],
        "cycle_digest": digest,
        "kind": cycle["kind"],
        "batch_digest": cycle["batch"]["digest"],
        "attempt": cycle.get("attempt"),
        "policy_sha256": cycle["policy_sha256"],
        "gate_version": gate_version,
        "gates": gates,
        "probe": cycle["policy"]["probe"],
        "seed": cycle["seed"],
        "shards": cycle["shards"],
        "compared_with": {name: (cycle[name] or {}).get("digest") for name in ("champion", "baseline", "best_ever")},
        "looks": 2 if gates.get("extension", {}).get("allowed") else 1,
        "look": 2 if extension else 1,
    }


def registration_content(registration: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: canonical JSON (RFC 8785)."""
    return canonical_bytes(registration)


def registered(events: Sequence[Event], cycle_digest: str) -> Event | None:
    """The event that registered a cycle; None where none did."""
    wanted = (kinds.CYCLE_FROZEN, kinds.CYCLE_EXTENDED)
    return next((event for event in events if event.kind in wanted and event.body["cycle_digest"] == cycle_digest), None)


def outdated(events: Sequence[Event], cycle_digest: str, gate_version: str) -> bool:
    """True where an open cycle was registered with another gate than the one that would judge it now: it is frozen anew instead."""
    event = registered(events, cycle_digest)
    said = event.body.get("registration", {}) if event else {}
    return bool(said) and said["gate_version"] != gate_version


def differences(said: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """The parts of a registration that are not as they were registered."""
    return tuple(sorted(key for key in said.keys() | found.keys() if said.get(key) != found.get(key)))


def attempts_of(events: Sequence[Event], cycle_digest: str) -> tuple[int, int] | None:
    """(which judgement of its data this cycle's was, how many there are by now); None where it was never judged."""
    judged = [event.body for event in events if event.kind == kinds.CYCLE_JUDGED]
    batch = next((body["batch_digest"] for body in judged if body["cycle_digest"] == cycle_digest), None)
    if batch is None:
        return None
    same = [body["cycle_digest"] for body in judged if body["batch_digest"] == batch]
    return same.index(cycle_digest) + 1, len(same)
