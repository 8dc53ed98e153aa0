"""Witnessing: after every act that decides, the platform signs where its ledger ends, and others keep that outside of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from governance.actions.recorder import Ledger
from governance.errors import DependencyError, GovernanceError, IntegrityError, UsageError
from governance.ports.clock import Clock
from governance.ports.ledger_store import LedgerStore
from governance.ports.witness import PlatformSeal, Witness
from governance.release import kinds
from governance.release.checkpoint import DECIDES, Checkpoint, SignedCheckpoint
from governance.release.ledger import Event
from governance.release.platform_key import PLATFORM, NamedKey, fingerprint, key_statement, line_of, platform_keys

FIRST = "the first key of this ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A checkpoint that was signed, who keeps it, and why others do not."""

    signed: SignedCheckpoint
    witnesses: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notary:
    """The platform's key at work on one ledger. `say` tells people of a checkpoint that nobody could keep."""

    store: LedgerStore
    clock: Clock
    seal: PlatformSeal
    witnesses: tuple[Witness, ...]
    say: Callable[[str], None]

    def acknowledged(self, event: Event) -> None:
        """After an act that decides: sign where the ledger ends now. The act has happened, so a failure is told and stops nothing."""
        if event.kind not in DECIDES:
            return
        try:
            failed = witness(self).failed
        except GovernanceError as error:
            failed = (error.found,)
        if failed:
            self.say(f"ledger {event.seq} is not witnessed everywhere: {'; '.join(failed)}. heirloom ledger witness repeats it")


def witness(notary: Notary) -> Kept:
    """Sign where the ledger ends and hand it to every witness; one that cannot be reached does not keep the others from it.

    Raises: IntegrityError where the chain is broken or the key is another one; DependencyError where no witness keeps it.
    """
    events = named_key(notary)
    at = notary.clock.now().isoformat(timespec="seconds")
    said = Checkpoint(line=line_of(events), seq=events[-1].seq, head=events[-1].digest, at=at)
    key = platform_keys(events)[-1].key
    signed = SignedCheckpoint(checkpoint=said, key=key, signature=notary.seal.sign(said.content()))
    kept, failed = [], []
    for one in notary.witnesses:
        try:
            one.keep(signed)
            kept.append(one.name)
        except DependencyError as error:
            failed.append(f"{one.name}: {error.found}")
    if not kept:
        raise DependencyError(f"no witness keeps the checkpoint of seq {said.seq}: {'; '.join(failed)}", fix="heirloom ledger witness")
    return Kept(signed=signed, witnesses=tuple(kept), failed=tuple(failed))


def named_key(notary: Notary) -> Sequence[Event]:
    """The verified events of a ledger that names the platform's key at hand; a ledger that named none yet names it now.

    Raises: IntegrityError where the key at hand is not the one that the ledger names; UsageError where the ledger is empty.
    """
    events = _ledger(notary).events()
    if not events:
        raise UsageError("the ledger is empty: there is nothing to sign", fix="heirloom retrain")
    keys = platform_keys(events)
    public = notary.seal.public(make=not keys)
    if keys and keys[-1].public != public:
        raise IntegrityError(
            f"the platform's key at hand is {fingerprint(public)}",
            expected=f"{keys[-1].key}, which the ledger names since seq {keys[-1].since}",
            fix='put that key back, or heirloom ledger rekey --reason "..."',
        )
    if keys:
        return events
    notary.seal.enlist(public)
    return (*events, _name(notary, public, replaces=None, signature="", reason=FIRST))


def rekey(notary: Notary, new: PlatformSeal, reason: str, old: PlatformSeal | None) -> NamedKey:
    """Let another key take the place of the platform's; where the old one is at hand, it signs that, and else every later proof says so."""
    events = _ledger(notary).events()
    keys, public = platform_keys(events), new.public(make=True)
    if not keys:
        raise UsageError("the ledger names no key of the platform yet", fix="heirloom ledger witness names the one at hand")
    last, signature = keys[-1], ""
    if last.public == public:
        return last
    if old is not None and old.public(make=False) == last.public:
        signature = old.sign(key_statement(line_of(events), public, last.key))
    new.enlist(public)
    named = _name(notary, public, replaces=last.key, signature=signature, reason=reason)
    return platform_keys((*events, named))[-1]


def _name(notary: Notary, public: str, *, replaces: str | None, signature: str, reason: str) -> Event:
    body = {"key": fingerprint(public), "public": public, "replaces": replaces, "signature": signature, "reason": reason}
    return _ledger(notary).record(kinds.PLATFORM_KEY_NAMED, body)


def _ledger(notary: Notary) -> Ledger:
    """The ledger as the platform itself writes it; such an event calls for no checkpoint of its own."""
    return Ledger(store=notary.store, clock=notary.clock, actor=PLATFORM)
