"""`heirloom freeze`: nobody retrains until somebody says so. Safe, so one person is enough."""

from cli.options import Common
from cli.outcome import Outcome, plain


def command(*, reason: str = "not given", common: Common | None = None) -> Outcome:
    """Stop retraining until `heirloom unfreeze`, and take the canary off.

    Parameters
    ----------
    reason
        Why, for whoever reads the history.
    """
    from cli.shop import shop_of
    from flows.finish import release_desk
    from governance.actions.canary import show_canary
    from governance.release import kinds

    shop = shop_of(common)
    state = shop.ledger.state()
    frozen, canary = state.frozen, state.canaries.standing
    if frozen is not None:
        return Outcome(command="freeze", lines=[f"Frozen already: {plain(frozen)}"], document={"changed": False, "reason": frozen})
    event = shop.ledger.record(kinds.SCHEDULE_FROZEN, {"reason": reason})
    lines = [f"Retraining is frozen, ledger {event.seq}."]
    if canary is not None:
        unshown = show_canary(release_desk(shop))
        lines.append(f" Version {canary.version} is the canary no more{' (the registry: ' + plain(unshown) + ')' if unshown else ''}.")
    lines.append("Next: heirloom unfreeze")
    return Outcome(command="freeze", lines=lines, document={"changed": True, "reason": reason, "ledger_seq": event.seq})
