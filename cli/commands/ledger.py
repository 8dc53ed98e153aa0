"""`heirloom ledger verify, witness, rekey, move` and `heirloom ledger show`."""

from typing import TYPE_CHECKING

from cyclopts import App

from cli.options import Common
from cli.outcome import DONE, UNREACHABLE, Outcome, plain

if TYPE_CHECKING:
    from governance.actions.proving import Proof
    from governance.wiring import Shop

command = App(name="ledger", group="Prove and mend", help="The record of what was decided: prove it, or read it.")


@command.command
def verify(*, common: Common | None = None) -> Outcome:
    """Recompute every event's digest and link, and hold the ledger against the signed checkpoints that its witnesses keep.

    Exit 4 names the first wrong event, a cut at the end, or both heads of a fork; exit 6 a witness that could not be asked.
    """
    from cli.shop import shop_of
    from governance.actions.proving import prove

    shop = shop_of(common)
    proof = prove(shop.notary, shop.ledger.events())
    lines = [f"{proof.entries} events, every one follows the one before it. Head {proof.head[:16] if proof.entries else '-'}."]
    return Outcome(
        command="ledger-verify",
        lines=[*lines, *_proof_lines(proof, shop)],
        document=_proof_document(proof),
        code=UNREACHABLE if proof.silent else DONE,
    )


@command.command
def witness(*, anew: bool = False, common: Common | None = None) -> Outcome:
    """Sign where the ledger ends now, and hand that to every witness; the platform does so by itself after every act that decides.

    Parameters
    ----------
    anew
        Begin again where no witness holds anything any more, once you know why.
    """
    from cli.shop import shop_of
    from governance.actions.proving import prove
    from governance.actions.witnessing import witness as sign

    shop = shop_of(common)
    prove(shop.notary, shop.ledger.events(), anew=anew)
    kept = sign(shop.notary)
    lines = [f"Seq {kept.signed.seq}, head {kept.signed.head[:16]}, is kept by {' + '.join(map(plain, kept.witnesses))}."]
    lines += [f" Not kept by {plain(one)}" for one in kept.failed]
    document = {"checkpoint": kept.signed.document(), "witnesses": list(kept.witnesses), "failed": list(kept.failed)}
    return Outcome(command="ledger-witness", lines=lines, document=document, code=UNREACHABLE if kept.failed else DONE)


@command.command
def rekey(*, reason: str, common: Common | None = None) -> Outcome:
    """Let another key take the place of the platform's: a new one, or the one that heirloom.toml names now.

    The old key signs that where it still lies in the workspace; without it the ledger says so for good.

    Parameters
    ----------
    reason
        Why.
    """
    from cli.shop import shop_of
    from governance.actions.proving import prove
    from governance.adapters.witnesses.named import rekeyed

    shop = shop_of(common)
    prove(shop.notary, shop.ledger.events())
    named = rekeyed(shop.workspace, shop.notary, shop.platform_key, reason)
    said = "signed by the old key" if named.signature else "NOT signed by the old key: every proof will say so"
    lines = [f"The platform's key is {named.key} since ledger {named.since}, {said}.", "Next: commit platform_signers"]
    return Outcome(command="ledger-rekey", lines=lines, document={"key": named.key, "seq": named.since, "signed": bool(named.signature)})


@command.command
def move(*, common: Common | None = None) -> Outcome:
    """Take the ledger of a workspace from its file to the PostgreSQL server that heirloom.toml names, event by event, and verify it there.

    The file is set aside and not removed. A move that was killed is finished by the same command.
    """
    from cli.shop import shop_of
    from governance.adapters.ledger_place import moved
    from governance.adapters.lock import hold

    shop = shop_of(common)
    with hold(shop.workspace.lock, "ledger move", shop.clock):
        done = moved(shop.workspace, shop.settings.ledger, shop.secret_place)
    lines = [f"{done.events} events are at {plain(shop.settings.ledger.url)}, {done.written} of them since now; the chain holds there."]
    document = {"events": done.events, "written": done.written}
    return Outcome(command="ledger-move", lines=[*lines, "Next: heirloom doctor"], document=document)


def _proof_lines(proof: "Proof", shop: "Shop") -> list[str]:
    """What the witnesses say, then what somebody should look at."""
    from governance.actions.proving import witnessed_words

    lines = [f" {witnessed_words(proof, shop.clock.now())}."] if proof.entries else []
    lines += [f" To look at: {plain(doubt)}." for doubt in proof.doubts]
    return [*lines, *(f" Not asked: {plain(one)}." for one in proof.silent)]


def _proof_document(proof: "Proof") -> dict[str, object]:
    return {
        "events": proof.entries,
        "head": proof.head if proof.entries else "-",
        "checkpoint": proof.last.document() if proof.last else None,
        "checkpoints": proof.checkpoints,
        "witnesses": list(proof.witnesses),
        "after": proof.after,
        "doubts": list(proof.doubts),
        "silent": list(proof.silent),
    }


@command.command
def show(*, last: int = 20, common: Common | None = None) -> Outcome:
    """Show the newest events.

    Parameters
    ----------
    last
        How many events, newest last.
    """
    from cli.shop import shop_of, when

    events = shop_of(common).ledger.events()[-last:]
    return Outcome(
        command="ledger-show",
        lines=[f" {e.seq:>4}  {when(e.at)}  {plain(e.actor):<12}  {e.kind:<22}  {plain(_words(e.body))}" for e in events],
        document={"events": [e.document() for e in events]},
    )


def _words(body: object) -> str:
    pairs = body.items() if isinstance(body, dict) else []
    return "  ".join(f"{key}={str(value)[:16]}" for key, value in pairs if value not in (None, ""))[:120]
