"""`heirloom note`: say later why something was done."""

from typing import Annotated

from cyclopts import Parameter

from cli.options import Common
from cli.outcome import Outcome


def command(about: int, text: str, *, common: Annotated[Common | None, Parameter(show=True)] = None) -> Outcome:
    """Add a note about a ledger event.

    Parameters
    ----------
    about
        The seq of the event, as `heirloom history` shows it.
    text
        What the next reader should know.
    """
    from cli.shop import shop_of
    from governance.errors import UsageError
    from governance.release import kinds

    shop = shop_of(common)
    if not 1 <= about <= shop.ledger.state().seq:
        raise UsageError(f"the ledger holds no event {about}", fix="heirloom history shows the numbers")
    event = shop.ledger.record(kinds.NOTE_ADDED, {"about": about, "text": text})
    return Outcome(command="note", lines=[f"Noted, ledger {event.seq}."], document={"ledger_seq": event.seq, "about": about})
