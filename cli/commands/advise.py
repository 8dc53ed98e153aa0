"""`heirloom advise`: six ways to go on, what each costs here, and what the numbers say."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from governance.advice.approaches import Approach
    from governance.advice.controller import Proposal
    from governance.advice.facts import Facts


def command(*, common: Common | None = None) -> Outcome:
    """Show what the tails did over the cycles, what the next policy should be, and six approaches with what each costs this workspace.

    Nothing is applied: a policy is changed by people, under review.
    """
    from cli.shop import shop_of
    from flows.advise import facts_of, proposal_of
    from governance.advice.approaches import approaches, notes

    shop = shop_of(common)
    facts = facts_of(shop)
    table, said, proposal = approaches(facts), notes(facts), proposal_of(shop, facts.history)
    lines = [headline(facts, proposal)]
    if facts.history:
        from cli.tails import trend_lines

        lines += trend_lines(facts.history)
    lines += advice_lines(table, said, proposal)
    lines.append(next_line(facts, proposal))
    document = {
        "cycles": [{**asdict(cycle), "declines": [decline.sentence() for decline in cycle.declines]} for cycle in facts.history],
        "proposal": {**asdict(proposal), "toml": proposal.toml(), "needs_approval": proposal.needs_approval},
        "approaches": [asdict(approach) for approach in table],
        "notes": list(said),
    }
    return Outcome(command="advise", lines=lines, document=document)


def headline(facts: "Facts", proposal: "Proposal") -> str:
    """The state of the tails in one sentence."""
    from governance.advice.approaches import declining

    measured = [cycle for cycle in facts.history if cycle.measured]
    if not measured:
        return "Not known yet how the tails fare: no retraining was measured in this workspace."
    lost = declining(facts)
    if lost:
        return plain(f"Tails declined in cycle {measured[-1].number}: {lost}.")
    return f"No tail metric declined in cycle {measured[-1].number}{'' if proposal.silent else ', and there is something to propose'}."


def advice_lines(table: "tuple[Approach, ...]", said: tuple[str, ...], proposal: "Proposal") -> list[str]:
    """The proposal, the six approaches, the notes."""
    from cli.tails import proposal_lines

    lines = proposal_lines(proposal) if not proposal.silent else [f" Nothing is proposed: {plain('; '.join(proposal.reasons))}."]
    for approach in table:
        lines.append(f" [bold]{approach.name}[/bold]: {approach.stance}")
        lines += [
            f"   {name:<9} {plain(text)}" for name, text in (("costs", approach.costs), ("here", approach.here), ("why", approach.why))
        ]
        if approach.settings:
            lines.append(f"   {'set by':<9} {plain(', '.join(approach.settings))}")
    return [*lines, *(f" Note: {plain(note)}." for note in said)]


def next_line(facts: "Facts", proposal: "Proposal") -> str:
    """What to type next."""
    if facts.champion is None:
        return "Next: heirloom retrain"
    if not proposal.silent:
        return "Nothing was changed.   Next: edit policy.toml under review, then heirloom plan"
    return "Nothing was changed.   Next: heirloom plan"
