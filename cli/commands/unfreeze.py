"""`heirloom unfreeze`: retraining may go on."""

from cli.options import Common
from cli.outcome import Outcome


def command(*, reason: str = "not given", common: Common | None = None) -> Outcome:
    """Let retraining go on after a freeze or a rollback.

    Parameters
    ----------
    reason
        What was found, for whoever reads the history.
    """
    from cli.shop import shop_of
    from governance.release import kinds

    shop = shop_of(common)
    state = shop.ledger.state()
    if state.frozen is None:
        return Outcome(command="unfreeze", lines=["Retraining is not frozen."], document={"changed": False})
    event = shop.ledger.record(kinds.SCHEDULE_UNFROZEN, {"reason": reason})
    barred = [f" {r.version} stays quarantined: the next mix bars its outputs." for r in state.recalled]
    lines = [f"Retraining may go on, ledger {event.seq}.", *barred, "Next: heirloom retrain"]
    return Outcome(command="unfreeze", lines=lines, document={"changed": True, "reason": reason, "ledger_seq": event.seq})
