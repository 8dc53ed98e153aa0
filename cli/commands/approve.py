"""`heirloom approve`: one person's yes, bound to what was seen."""

from cli.options import Common
from cli.outcome import DONE, WAITING, Outcome, plain


def command(version: int, *, reason: str = "not given", common: Common | None = None) -> Outcome:
    """Approve a candidate, and promote it when it was the last approval that was missing.

    The approval holds for exactly these bytes, this evidence, this policy and this champion. Who asked for the run may not approve it.

    Parameters
    ----------
    version
        The number of the candidate.
    reason
        What was looked at.
    """
    from cli.commands.promote import promotion_lines
    from cli.shop import shop_of
    from flows.finish import release_desk
    from governance.actions.approve import approve
    from governance.actions.promote import promote

    shop = shop_of(common)
    desk = release_desk(shop)
    given = approve(desk, version, reason, shop.terms)
    lines = [f"Approved by {plain(given.by)}, ledger {given.seq}. {given.missing} more needed."]
    document = {"version": version, "by": given.by, "missing": given.missing, "ledger_seq": given.seq, "changed": given.changed}
    if given.missing:
        return Outcome(command="approve", lines=lines, document=document, code=WAITING)
    outcome = promote(desk, version, shop.terms)
    more, code = promotion_lines(outcome)
    promoted = {"promoted": outcome.changed, "previous": outcome.previous}
    return Outcome(command="approve", lines=[*lines, *more], document={**document, **promoted}, code=code or DONE)
