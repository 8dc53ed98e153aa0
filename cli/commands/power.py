"""`heirloom power`: how many documents and samples it takes to see which loss, and what the gates let pass together."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from flows.power import PowerPlan


def command(
    *,
    change: float = 0.0,
    power: int = 80,
    documents: int | None = None,
    prompts: int | None = None,
    common: Common | None = None,
) -> Outcome:
    """Show what a candidate of a given truth has to expect of the gates, each alone and all together. Nothing is recorded.

    How readings scatter is taken from the newest cycle that was compared with something; before there is one it is assumed, and said so.

    Parameters
    ----------
    change
        The true change of every perplexity in percent; 0 is a candidate that lost nothing.
    power
        The chance in percent with which a single gate shall be right.
    documents
        Plan for so many tail and human documents instead of the ones that are there.
    prompts
        Plan for so many prompts.
    """
    from cli.shop import shop_of
    from flows.power import power_plan
    from governance.errors import UsageError

    if not 50 <= power <= 99:
        raise UsageError(f"{power} is not a power", where="--power", expected="50..99 percent")
    if not -50 <= change <= 100:
        raise UsageError(f"{change} is not a change", where="--change", expected="-50..100 percent")
    for name, found in (("--documents", documents), ("--prompts", prompts)):
        if found is not None and not 1 <= found <= 1_000_000:
            raise UsageError(f"{found} is no number of units", where=name, expected="1..1000000")
    plan = power_plan(shop_of(common), change=change / 100, power=power / 100, documents=documents, prompts=prompts)
    return Outcome(command="power", lines=power_lines(plan), document=power_document(plan))


def power_lines(plan: "PowerPlan") -> list[str]:
    """The joint power first, then a line a gate, then what other numbers would do."""
    truth = "lost nothing" if not plan.change else f"moved {100 * plan.change:+g} % in every perplexity"
    source = (
        f"scatter measured in cycle {plan.cycle}" if plan.cycle is not None else "scatter [bold]assumed[/bold]: no cycle was compared yet"
    )
    lines = [
        f"[bold]{_percent(plan.joint)}[/bold] of candidates that {truth} pass all {len(plan.gates)} comparisons together; {source}.",
        f" {'gate':<18} {'against':<9} {'limit':>8} {'units':>14} {'sd':>7} {'passes alone':>12} {'needed':>8} {'costs':>7}",
    ]
    for gate in plan.gates:
        needed = gate.needed(plan.change if gate.unit == "documents" else 0.0, plan.power)
        alone = gate.chance(plan.change if gate.unit == "documents" else 0.0)
        limit = f"{'±' if gate.two_sided else '+'}{100 * gate.limit:.1f} %"
        units = f"{gate.n:,} {gate.unit}"
        lines.append(
            f" {plain(gate.metric):<18} {plain(gate.against):<9} {limit:>8} {units:>14} {100 * gate.sd:>5.1f} % {_percent(alone):>12}"
            f" {needed if needed is not None else 'no number':>8} {_percent(plan.costs[gate.metric]):>7}"
        )
    grid = "   ".join(f"{n:,}: {_percent(joint)}" for n, joint in plan.grid.items())
    lines.append(f" All together on so many documents and prompts:   {grid}")
    lines.append(f" A margin takes, for {100 * plan.power:.0f} % power on a candidate without a loss:   {_margins(plan)}")
    lines.append(
        " 'needed' and 'costs': units for that gate alone, joint power without the metric less joint power with it."
        " A candidate exactly at a limit passes that gate in 5 of 100 cases, at any number."
    )
    return lines


def _margins(plan: "PowerPlan") -> str:
    parts = []
    for margin, needed in plan.margins.items():
        numbers = " and ".join(f"{n:,} {unit}" if n is not None else f"no number of {unit}" for unit, n in needed.items())
        parts.append(f"{margin:g} %: {numbers}")
    return "; ".join(parts)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def power_document(plan: "PowerPlan") -> dict[str, Any]:
    """Shares of 1; `needed` is null where retrain noise alone is too large for any number."""
    gates = [
        {
            **asdict(gate),
            "passes_alone": gate.chance(plan.change if gate.unit == "documents" else 0.0),
            "needed": gate.needed(plan.change if gate.unit == "documents" else 0.0, plan.power),
            "costs": plan.costs[gate.metric],
        }
        for gate in plan.gates
    ]
    return {
        "cycle": plan.cycle,
        "change": plan.change,
        "power": plan.power,
        "joint": plan.joint,
        "gates": gates,
        "grid": [{"units": n, "joint": joint} for n, joint in plan.grid.items()],
        "margins": [{"margin_percent": margin, **needed} for margin, needed in plan.margins.items()],
    }
