"""`heirloom promote`: move the champion to a version that passed and was approved."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from cli.options import Common
from cli.outcome import DONE, WAITING, Outcome, plain

if TYPE_CHECKING:
    from governance.actions.outcomes import PromotionOutcome


def command(version: int, *, common: Common | None = None) -> Outcome:
    """Promote a version if the policy and the approvals permit it; everything is proved again first.

    Parameters
    ----------
    version
        The number of the candidate.
    """
    from cli.shop import shop_of
    from flows.approvals import terms_of
    from flows.finish import release_desk
    from governance.actions.promote import promote
    from governance.adapters.lock import hold

    shop = shop_of(common)
    with hold(shop.workspace.lock, f"promote {version}", shop.clock):
        outcome = promote(release_desk(shop), version, terms_of(shop))
    lines, code = promotion_lines(outcome)
    return Outcome(command="promote", lines=lines, document=asdict(outcome), code=code)


def promotion_lines(outcome: "PromotionOutcome") -> tuple[list[str], int]:
    """A promotion in words, and its exit code."""
    if outcome.missing:
        excluded = f" Not {plain(', '.join(outcome.excluded))}: {plain('; '.join(outcome.why_not))}." if outcome.excluded else ""
        lines = [f"Version {outcome.version} waits for {outcome.missing} approval(s){of_whom(outcome)}.{excluded}"]
        return [*lines, *(f" {plain(doubt)}" for doubt in outcome.doubts)], WAITING
    if not outcome.changed:
        return [f"Version {outcome.version} is champion already."], DONE
    by = plain(", ".join(outcome.approved_by))
    line = f"Champion {outcome.previous or '-'} -> {outcome.version}, read back; {outcome.verified_files} files verified; approved by {by};"
    return [f"{line} ledger {outcome.seq}.", *rehearsal_lines(outcome), *unshown_lines(outcome.unshown)], DONE


def unshown_lines(said: str) -> list[str]:
    """That the registry's pages are behind, where they are."""
    return [f" The registry's pages do not show it yet ({plain(said)}): heirloom reconcile"] if said else []


def rehearsal_lines(outcome: "PromotionOutcome") -> list[str]:
    """Whether there is a way back, and what it took to walk it."""
    walked = outcome.rehearsal
    if walked is None:
        return []
    return [f" The way back was rehearsed first: release {walked.to}, {walked.files} files rebuilt in {walked.milliseconds / 1000:.1f} s."]


def of_whom(outcome: "PromotionOutcome") -> str:
    """Who may approve, where that is known."""
    return f" from {plain(', '.join(outcome.electors))}" if outcome.electors else ""
