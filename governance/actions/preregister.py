"""Registering a cycle before it is trained, and refusing the evidence of one that was not, or of another than was registered."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.actions.witnessing import Notary, named_key
from governance.errors import IntegrityError, RefusedError
from governance.release.ledger import Event
from governance.release.platform_key import key_held_at, line_of, platform_keys
from governance.release.preregistration import SEALED, differences, registered, registration_content, registration_of

AGAIN = "heirloom retrain registers the cycle anew, before it trains"


def preregister(notary: Notary, cycle: Mapping[str, Any], digest: str, gate_version: str) -> dict[str, Any]:
    """What the event that freezes a cycle says of it: the registration, and the platform's signature over it.

    Raises: IntegrityError where the key at hand is not the one that the ledger names; DependencyError without OpenSSH.
    """
    events = named_key(notary)
    said = registration_of(cycle, digest, gate_version, line_of(events))
    return {"registration": said, "signature": notary.seal.sign(registration_content(said)), "key": platform_keys(events)[-1].key}


def check_registered(notary: Notary, events: Sequence[Event], cycle_digest: str) -> Mapping[str, Any] | None:
    """The registration of a cycle, with the platform's signature of that time; None where the ledger had no platform's key yet.

    Raises: RefusedError where the cycle was not registered; IntegrityError where its registration is not what the platform signed.
    """
    keys, event = platform_keys(events), registered(events, cycle_digest)
    if not keys or (event is not None and event.seq < keys[0].since):
        return None
    if event is None or any(key not in event.body for key in SEALED):
        raise RefusedError(
            f"cycle {cycle_digest[:12]} was not registered before it was trained",
            expected="thresholds, seeds, prompts, shards and policy signed into the ledger first",
            fix=AGAIN,
        )
    said: Mapping[str, Any] = event.body["registration"]
    held = key_held_at(keys, event.seq)
    where = f"ledger seq {event.seq}"
    if held is None or event.body["key"] != held.key:
        raise IntegrityError(f"the registration is signed with {event.body['key']}, not the platform's key of that time", where=where)
    if doubt := notary.seal.doubt(registration_content(said), event.body["signature"], held.public):
        raise IntegrityError(f"the registration does not carry the platform's signature: {doubt}", where=where)
    if other := [key for key in ("cycle", "cycle_digest", "batch_digest", "policy_sha256", "kind") if said.get(key) != event.body[key]]:
        raise IntegrityError(f"the registration is of another cycle: {', '.join(other)}", where=where)
    return said


def check_as_registered(notary: Notary, events: Sequence[Event], cycle: Mapping[str, Any], digest: str, gate_version: str) -> None:
    """A cycle is judged by what was registered, and by nothing else.

    Raises: as `check_registered`; RefusedError where another gate judges than the one that was registered; IntegrityError where anything
    else differs.
    """
    said = check_registered(notary, events, digest)
    if said is None:
        return
    other = differences(said, registration_of(cycle, digest, gate_version, line_of(events)))
    if other == ("gate_version",):
        raise RefusedError(
            f"cycle {cycle['number']} was registered with the gate {said['gate_version'][:12]}, and {gate_version[:12]} judges",
            expected="the code that was there when the cycle was frozen",
            fix=AGAIN,
        )
    if other:
        raise IntegrityError(f"cycle {cycle['number']} is not as it was registered: {', '.join(other)}", where="cycle.json", fix=AGAIN)


def check_released(notary: Notary, events: Sequence[Event], registered_seq: int, cycle_digest: str, policy_sha256: str) -> None:
    """A release may be promoted on evidence that was registered before training, under the policy that it was judged under.

    Releases that were registered before the platform had a key are what they were. Raises: as `check_registered`.
    """
    keys = platform_keys(events)
    if not keys or registered_seq < keys[0].since:
        return
    said = check_registered(notary, events, cycle_digest)
    if said is not None and said["policy_sha256"] != policy_sha256:
        raise IntegrityError(f"cycle {cycle_digest[:12]} was registered under another policy than it was judged under", fix=AGAIN)
