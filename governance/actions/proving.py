"""Holding a ledger against what its witnesses keep: cut, rewritten and forked ledgers are named, and what nobody could ask is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from governance.actions.witnessing import Notary
from governance.errors import IntegrityError
from governance.release.checkpoint import (
    SignedCheckpoint,
    Testimony,
    disagreement,
    head_of,
    key_problem,
    owed,
    to_verify,
)
from governance.release.ledger import Event
from governance.release.platform_key import NamedKey, key_statement, line_of, platform_keys

ACCUSED = 5
"""Of many checkpoints that disagree, so many have their signatures looked at: one is enough to stop."""

RUNBOOK = "docs/runbook.md, 'ledger verify says exit 4'; promote nothing, a rollback still works"

AGES = ((86_400, "d"), (3_600, "h"), (60, "min"))

Held = Mapping[SignedCheckpoint, Sequence[str]]
"""Checkpoint -> the witnesses that keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A ledger that agrees with its witnesses. `after` entries came after the last checkpoint; `doubts` are for people to look at.

    `silent` says which witnesses could not be asked: what they keep may say otherwise.
    """

    entries: int
    head: str
    checkpoints: int
    last: SignedCheckpoint | None
    witnesses: tuple[str, ...]
    after: int
    doubts: tuple[str, ...]
    silent: tuple[str, ...]


def prove(notary: Notary, events: Sequence[Event], *, anew: bool = False) -> Proof:
    """Hold a ledger whose chain was verified against everything that its witnesses keep.

    With `anew` a ledger that nobody holds a checkpoint of any more may be witnessed again.

    Raises: IntegrityError where the ledger was cut, rewritten or forked, where a signature or a key is not the platform's, and where the
    witnesses hold nothing although they should.
    """
    told = [one.testimony() for one in notary.witnesses]
    held, keys, listed = _held(told), platform_keys(events), notary.seal.listed()
    case = _Case(notary=notary, events=events, keys=keys, listed=listed)
    _check_keys(case)
    if wrong := [one for one in held if disagreement(events, one.checkpoint, held[one])]:
        raise _accusation(case, wrong, held)
    for one in to_verify(held):
        if doubt := case.doubt(one):
            raise _not_ours(one, held[one], doubt)
    if not held and not anew:
        _check_not_gone(events, keys, told)
    last = max(held, key=lambda one: (one.seq, one.checkpoint.at), default=None)
    return Proof(
        entries=len(events),
        head=head_of(events),
        checkpoints=len(held),
        last=last,
        witnesses=tuple(sorted({name for one in held if last and one.seq == last.seq for name in held[one]})),
        after=len(events) - (last.seq if last else 0),
        doubts=(*_key_doubts(keys, listed), *_witness_doubts(told, last)),
        silent=tuple(f"{one.witness}: {one.silent}" for one in told if one.silent),
    )


def witnessed_words(proof: Proof, now: datetime) -> str:
    """How old the last checkpoint is, who keeps it and what came after it, as a sentence without its full stop."""
    if proof.last is None:
        return "No checkpoint yet: a cut at its end could not be seen until the next act that decides, or heirloom ledger witness"
    seconds = max(int((now - datetime.fromisoformat(proof.last.checkpoint.at)).total_seconds()), 0)
    unit, name = next(((size, name) for size, name in AGES if seconds >= size), (60, "min"))
    after = f"{proof.after} {'entry' if proof.after == 1 else 'entries'} after it" if proof.after else "nothing after it"
    return f"Last checkpoint {seconds // unit} {name} ago at seq {proof.last.seq}, in {' + '.join(proof.witnesses)}; {after}"


def _held(told: Sequence[Testimony]) -> dict[SignedCheckpoint, list[str]]:
    held: dict[SignedCheckpoint, list[str]] = {}
    for one in told:
        for checkpoint in one.checkpoints:
            held.setdefault(checkpoint, []).append(one.witness)
    return held


def _check_keys(case: "_Case") -> None:
    """Each key after the first carries the word of the one before it, or none; and the file of the platform's keys lists the last one."""
    for before, key in pairwise(case.keys):
        content = key_statement(line_of(case.events), key.public, before.key)
        if key.signature and (doubt := case.notary.seal.doubt(content, key.signature, before.public)):
            raise IntegrityError(f"the key {key.key} does not carry the word of {before.key}: {doubt}", where=f"ledger seq {key.since}")
    if case.keys and case.listed and case.keys[-1].key not in case.listed:
        last = case.keys[-1]
        raise IntegrityError(
            f"the ledger names {last.key} as the platform's key",
            where=f"ledger seq {last.since}",
            expected=f"a key that platform_signers lists: {', '.join(case.listed)}",
            fix=RUNBOOK,
        )


def _accusation(case: "_Case", wrong: Sequence[SignedCheckpoint], held: Held) -> IntegrityError:
    """The disagreement with the highest seq that carries the platform's signature; else a checkpoint that nobody of ours gave."""
    first = sorted(wrong, key=lambda one: one.seq, reverse=True)[:ACCUSED]
    for one in first:
        if not case.doubt(one):
            said = disagreement(case.events, one.checkpoint, held[one])
            return IntegrityError(said, where="ledger", expected="one history, signed by the platform", fix=RUNBOOK)
    said = disagreement(case.events, first[0].checkpoint, held[first[0]])
    return _not_ours(first[0], held[first[0]], f"{case.doubt(first[0])}; {said}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A ledger, the keys that it names, and the keys that the workspace's file lists."""

    notary: Notary
    events: Sequence[Event]
    keys: Sequence[NamedKey]
    listed: Mapping[str, str]

    def doubt(self, one: SignedCheckpoint) -> str:
        """Why a checkpoint is not the platform's; empty where it is."""
        if problem := key_problem(one, self.keys, self.listed):
            return problem
        public = next((key.public for key in self.keys if key.key == one.key), "") or self.listed[one.key]
        return self.notary.seal.doubt(one.checkpoint.content(), one.signature, public)


def _not_ours(one: SignedCheckpoint, witnesses: Sequence[str], doubt: str) -> IntegrityError:
    return IntegrityError(
        f"the checkpoint of seq {one.seq} that {' and '.join(witnesses)} kept does not carry the platform's signature: {doubt}",
        where="witness",
        expected="that the ledger was not rewritten, and that nobody else writes to its witnesses",
        fix=RUNBOOK,
    )


def _check_not_gone(events: Sequence[Event], keys: Sequence[NamedKey], told: Sequence[Testimony]) -> None:
    """One act may have lost its checkpoint to a kill; where two have none, somebody took them away. Raises: IntegrityError."""
    missing = owed(events, keys)
    if missing > 1:
        raise IntegrityError(
            f"no witness holds a checkpoint of this ledger, and {missing} acts since seq {keys[0].since} were to be witnessed",
            where=", ".join(one.witness for one in told),
            expected="the checkpoints that were kept there",
            fix="bring them back; heirloom ledger witness --anew begins again, once you know why they are gone",
        )


def _key_doubts(keys: Sequence[NamedKey], listed: Mapping[str, str]) -> list[str]:
    said = [
        f"key {key.key} took the place of {key.replaces} at seq {key.since} without its signature" for key in keys[1:] if not key.signature
    ]
    if keys and not listed:
        said.append("platform_signers is missing: whose key signs is known from the ledger alone; heirloom init writes it")
    named = {key.key for key in keys}
    return said + [f"platform_signers lists {key}, which the ledger never named" for key in listed if keys and key not in named]


def _witness_doubts(told: Sequence[Testimony], last: SignedCheckpoint | None) -> list[str]:
    said = [f"{one.witness} holds {len(one.unreadable)} that cannot be read: {one.unreadable[0]}" for one in told if one.unreadable]
    behind = [one.witness for one in told if last and not one.silent and last.seq > max((c.seq for c in one.checkpoints), default=0)]
    return said + [f"{name} has not the last checkpoint: heirloom ledger witness hands it over" for name in behind]
