"""Words for what the tails did over the cycles, and for what follows; shared by `advise`, `trend` and `retrain`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cli.outcome import plain

if TYPE_CHECKING:
    from governance.advice.controller import Proposal
    from governance.advice.course import FinishedCycle
    from governance.collapse.intervals import Comparison

CYCLES_SHOWN = 8


def trend_lines(history: "Sequence[FinishedCycle]") -> list[str]:
    """A line a cycle, the newest last: share, tail perplexity against baseline and champion, and what declined."""
    from governance.advice.course import TAIL_METRICS

    head = f" {'cycle':>5} {'verdict':<13} {'synthetic':>9} {'cap':>5}   {'tail perplexity: baseline':<27} {'champion':<27} declined"
    lines = [head]
    for cycle in history[-CYCLES_SHOWN:]:
        tails = cycle.readings.get("tail_perplexity", {})
        declined = ", ".join(TAIL_METRICS[decline.metric][0] for decline in cycle.declines) or "-"
        lines.append(
            f" {cycle.number:>5} {plain(cycle.verdict):<13} {cycle.share_percent:>7} % {cycle.cap_percent:>3} %   "
            + plain(f"{_moved(tails.get('baseline')):<27} {_moved(tails.get('champion')):<27} {declined}")
        )
    if len(history) > CYCLES_SHOWN:
        lines.append(f" The last {CYCLES_SHOWN} of {len(history)} cycles.")
    return lines


def _moved(found: "Comparison | None") -> str:
    from governance.advice.course import moved

    return moved(found) if found is not None else "nothing to compare with"


def proposal_lines(proposal: "Proposal") -> list[str]:
    """What is proposed before the next cycle, as words and as lines for policy.toml; the reasons last."""
    lines = [f" Proposed: {change.sentence()}{' (needs approval)' if proposal.needs_approval else ''}." for change in proposal.changes]
    if proposal.refresh is not None:
        refresh = proposal.refresh
        of = f" of slice {plain(refresh.slice)} first" if refresh.slice else ""
        lines.append(
            f" Proposed: about {refresh.rows:,} fresh human rows ({refresh.tokens:,} tokens){of}, so that the next cycle is as large."
        )
    lines += [f"   {plain(line)}" for line in proposal.toml().splitlines()]
    return [*lines, *(f"   because {plain(reason)}" for reason in proposal.reasons)]
