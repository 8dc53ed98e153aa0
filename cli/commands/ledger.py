"""`heirloom ledger verify` and `heirloom ledger show`."""

from cyclopts import App

from cli.options import Common
from cli.outcome import Outcome, plain

command = App(name="ledger", group="Prove and mend", help="The record of what was decided: prove it, or read it.")


@command.command
def verify(*, common: Common | None = None) -> Outcome:
    """Recompute every event's digest and link; the first wrong one is named."""
    from cli.shop import shop_of

    events = shop_of(common).ledger.events()
    head = events[-1].digest if events else "-"
    return Outcome(
        command="ledger-verify",
        lines=[f"{len(events)} events, every one follows the one before it. Head {head[:16]}."],
        document={"events": len(events), "head": head},
    )


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
