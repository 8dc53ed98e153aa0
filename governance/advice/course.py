"""Finished cycles as values: what each was trained on and how the tails stood after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.collapse.evidence import BASELINE, CHAMPION
from governance.collapse.intervals import Comparison
from governance.gates.alarms import comparison_or_none
from governance.mixing.document import HUMAN, SYNTHETIC
from governance.mixing.supply import CAP_RULES

TAIL_METRICS: Mapping[str, tuple[str, int]] = {
    "tail_perplexity": ("tail perplexity", 1),
    "ngram_entropy": ("bigram entropy", -1),
    "rare_words": ("rare-word coverage", -1),
    "distinct_2": ("distinct-2", -1),
}
"""Metric -> its title and the direction in which tails are lost. More diversity than before is the gate's affair, and no lost tail."""
REFERENCES = (BASELINE, CHAMPION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """A tail metric that got worse beyond noise: its whole 90 % interval lies on the bad side."""

    metric: str
    against: str
    found: Comparison

    def sentence(self) -> str:
        """`tail perplexity moved +3.1 % [1.2, 5.0] against the baseline`."""
        return f"{TAIL_METRICS[self.metric][0]} moved {moved(self.found)} against the {self.against}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedCycle:
    """One judged cycle. `held_back` are synthetic tokens that caps alone kept out; `readings` is metric -> reference -> comparison."""

    number: int
    kind: str
    verdict: str
    version: int | None
    cap_percent: int
    anchor_percent: int
    human_rows: int
    human_tokens: int
    synthetic_tokens: int
    held_back: int
    worst_slice: str | None
    readings: Mapping[str, Mapping[str, Comparison]]

    @property
    def share_percent(self) -> int:
        """Synthetic tokens in percent of human and synthetic ones, rounded up."""
        whole = self.human_tokens + self.synthetic_tokens
        return -(-100 * self.synthetic_tokens // whole) if whole else 0

    @property
    def declines(self) -> tuple[Decline, ...]:
        """Every tail metric that got worse beyond noise, against the baseline first; each metric once."""
        found: dict[str, Decline] = {}
        for reference in REFERENCES:
            for name, (_, bad) in TAIL_METRICS.items():
                comparison = self.readings.get(name, {}).get(reference)
                if comparison is not None and (comparison.low > 0 if bad > 0 else comparison.high < 0):
                    found.setdefault(name, Decline(metric=name, against=reference, found=comparison))
        return tuple(found.values())

    @property
    def measured(self) -> bool:
        """True where it was compared with something: a founding cycle is not."""
        return any(self.readings.values())


def finished_cycle(
    cycle: Mapping[str, Any], mix: Mapping[str, Any], measures: Mapping[str, Any], decision: Mapping[str, Any], version: int | None
) -> FinishedCycle:
    """A cycle from its archived documents."""
    entries = {str(entry["name"]): entry for entry in measures.get("metrics", ())}
    worst = decision.get("worst_slice")
    return FinishedCycle(
        number=int(cycle["number"]),
        kind=str(cycle["kind"]),
        verdict=str(decision["verdict"]),
        version=version,
        cap_percent=int(mix["synthetic_cap_percent"]),
        anchor_percent=int(mix["anchor_percent"]),
        human_rows=int(mix["rows"][HUMAN]),
        human_tokens=int(mix["tokens"][HUMAN]),
        synthetic_tokens=int(mix["tokens"][SYNTHETIC]),
        held_back=sum(int(mix["tokens_dropped"].get(rule, 0)) for rule in CAP_RULES),
        worst_slice=str(worst["slice"]) if worst and worst["low"] > 0 else None,
        readings={name: _comparisons(entries[name]) for name in TAIL_METRICS if name in entries},
    )


def _comparisons(entry: Mapping[str, Any]) -> dict[str, Comparison]:
    found = {reference: comparison_or_none(entry.get("against", {}).get(reference)) for reference in REFERENCES}
    return {reference: comparison for reference, comparison in found.items() if comparison is not None}


def moved(found: Comparison) -> str:
    """`+3.1 % [+1.2, +5.0]`."""
    return f"{100 * found.change:+.1f} % [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


def declining_in_a_row(cycles: Sequence[FinishedCycle]) -> tuple[FinishedCycle, ...]:
    """The last cycles, newest last, of which each declined; none where the last one did not."""
    found: list[FinishedCycle] = []
    for cycle in reversed(cycles):
        if not cycle.declines:
            break
        found.append(cycle)
    return tuple(reversed(found))
