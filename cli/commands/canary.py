"""`heirloom canary`: a candidate that may be promoted gets a share of the traffic for a time. Taking it off is one person's word."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from cyclopts import App

from cli.options import Common
from cli.outcome import DONE, WAITING, Outcome, plain

if TYPE_CHECKING:
    from governance.actions.outcomes import CanaryOutcome
    from governance.release.state import State

command = App(name="canary", group="Decide", help="A candidate beside the champion, with a share of the traffic and a window.")


@command.default
def begin(version: int | None = None, *, percent: int = 5, hours: int = 24, common: Common | None = None) -> Outcome:
    """Let a version be the canary, on the terms of its promotion; without a version, show the one that stands.

    It is written into the serving pointer beside the champion. Serving is yours: what splits the traffic reads share and window there.

    Parameters
    ----------
    version
        The number of the candidate.
    percent
        Its share of the traffic.
    hours
        How long. After that it stands no more, and nobody has to say so.
    """
    from cli.shop import shop_of
    from flows.approvals import terms_of
    from flows.finish import release_desk
    from governance.actions.canary import begin_canary
    from governance.adapters.lock import hold

    shop = shop_of(common)
    if version is None:
        return _shown(shop.ledger.state(), shop.clock.now().isoformat())
    with hold(shop.workspace.lock, f"canary {version}", shop.clock):
        outcome = begin_canary(release_desk(shop), version, terms_of(shop), percent=percent, hours=hours)
    return Outcome(command="canary", lines=begun_lines(outcome), document=asdict(outcome), code=WAITING if outcome.missing else DONE)


@command.command
def end(*, reason: str = "not given", common: Common | None = None) -> Outcome:
    """Take the canary off, whichever it is: needs no approval, no Prefect, no lock and no working registry.

    Parameters
    ----------
    reason
        Why, for whoever reads the history.
    """
    from cli.shop import shop_of
    from flows.finish import release_desk
    from governance.actions.canary import end_canary

    outcome = end_canary(release_desk(shop_of(common)), reason)
    return Outcome(command="canary-end", lines=ended_lines(outcome), document=asdict(outcome))


def begun_lines(outcome: "CanaryOutcome") -> list[str]:
    """A canary in words."""
    if outcome.missing:
        lines = [f"Version {outcome.version} is no canary: it waits for {outcome.missing} approval(s)."]
        return [*lines, *(f" {plain(doubt)}" for doubt in outcome.doubts), f"Next: heirloom review {outcome.version}"]
    words = f"{outcome.percent} % of the traffic until {outcome.until[:16].replace('T', ' ')} UTC"
    by = plain(", ".join(outcome.approved_by))
    head = "is the canary" if outcome.changed else "is the canary already"
    lines = [f"Version {outcome.version} {head}: {words}; approved by {by}; ledger {outcome.seq}."]
    return [*lines, *_unshown(outcome), "Next: heirloom canary end takes it off, heirloom promote lets it serve alone"]


def ended_lines(outcome: "CanaryOutcome") -> list[str]:
    """The end of a canary in words."""
    if outcome.version is None:
        return ["There is no canary.", *_unshown(outcome)]
    if not outcome.changed:
        return [f"Somebody has taken version {outcome.version} off already.", *_unshown(outcome)]
    return [f"Version {outcome.version} is the canary no more, ledger {outcome.seq}. The champion serves alone.", *_unshown(outcome)]


def canary_lines(state: "State", now: str) -> list[str]:
    """The canary that stands, for `heirloom status`; then candidates that were one and were taken off."""
    from datetime import datetime

    at = state.canaries.at(datetime.fromisoformat(now))
    standing = at.standing
    lines = [f" canary         version {standing.version}, {standing.words}: heirloom canary end"] if standing else []
    waiting = {release.version for release in state.waiting}
    return lines + [f" was canary     version {v}: {plain(why)}" for v, why in at.ended.items() if v in waiting]


def canary_document(state: "State", now: str) -> "dict[str, object] | None":
    """The canary that stands at a moment, for programs."""
    from datetime import datetime

    standing = state.canaries.at(datetime.fromisoformat(now)).standing
    return None if standing is None else asdict(standing)


def _shown(state: "State", now: str) -> Outcome:
    lines = canary_lines(state, now) or [" There is no canary."]
    return Outcome(command="canary", lines=[line[1:] for line in lines], document={"canary": canary_document(state, now)})


def _unshown(outcome: "CanaryOutcome") -> list[str]:
    return [f" The registry's page does not show it yet ({plain(outcome.unshown)}): heirloom reconcile"] if outcome.unshown else []
