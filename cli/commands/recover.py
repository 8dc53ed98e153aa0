"""`heirloom recover`: finish or undo what a killed process left open."""

from dataclasses import asdict

from cli.options import Common
from cli.outcome import DONE, UNREACHABLE, Outcome, plain


def command(*, common: Common | None = None) -> Outcome:
    """Finish or undo an open promotion or rollback; repeating it changes nothing."""
    from cli.shop import shop_of
    from flows.finish import release_desk
    from governance.actions.outcomes import NOTHING, WAITING
    from governance.actions.recover import recover

    outcome = recover(release_desk(shop_of(common)))
    document = {**asdict(outcome), "changed": outcome.changed}
    if outcome.result == NOTHING:
        return Outcome(command="recover", lines=["Nothing is open."], document=document)
    words = f"The {outcome.act} to version {outcome.version} was {outcome.result}"
    if outcome.result == WAITING:
        words = f"The {outcome.act} to version {outcome.version} still waits"
    because = f": {plain(outcome.reason)}" if outcome.reason else ""
    code = UNREACHABLE if outcome.result == WAITING else DONE
    return Outcome(command="recover", lines=[f"{words}{because}."], document=document, code=code)
