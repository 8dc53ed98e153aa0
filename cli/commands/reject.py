"""`heirloom reject`: a candidate is refused for good."""

from cli.options import Common
from cli.outcome import Outcome, plain


def command(version: int, *, reason: str = "not given", common: Common | None = None) -> Outcome:
    """Refuse a candidate; no later approval brings it back. It is signed where you have a key, and counts without.

    Parameters
    ----------
    version
        The number of the candidate.
    reason
        Why, for whoever trains the next one.
    """
    from cli.shop import shop_of
    from flows.finish import release_desk
    from governance.actions.approve import reject

    shop = shop_of(common)
    outcome = reject(release_desk(shop), version, reason, shop.signer)
    words = "Refused" if outcome.changed else "Was refused already"
    how = ", signed" if outcome.key else ""
    document = {"version": version, "by": outcome.by, "changed": outcome.changed, "ledger_seq": outcome.seq, "key": outcome.key}
    return Outcome(command="reject", lines=[f"{words}: version {version}, by {plain(outcome.by)}{how}."], document=document)
