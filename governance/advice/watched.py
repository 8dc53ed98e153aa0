"""Readings that no gate decides by and that moved too far to be chance: somebody should look, and nothing follows from it by itself.

Every metric that was compared with the baseline and gates nothing is held against one mark, as far as a slice may go before it alarms;
Holm's step-down over all of them together keeps the chance of any false word at five in a hundred, whatever hangs together with what.
Openings, self-BLEU, rare words, refusals and falsehoods are among them: too noisy to gate alone, and not to be lost in a table either.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from governance.collapse.intervals import Comparison
from governance.gates.alarms import FALSE_ALARMS, comparison_or_none, tail_chance
from governance.gates.bounds import percent

MARK_PERCENT = 10.0
"""A change that is still left alone: that of the policy's starting margin for slices."""
LOWER, HIGHER = "lower", "higher"
"""What is better of a metric, as measures.json says it; anything else counts either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One reading surely beyond the mark, and the chance that the truth is at the mark."""

    metric: str
    title: str
    found: Comparison
    chance: float

    def sentence(self) -> str:
        found = self.found
        interval = f"[{percent(found.low)}, {percent(found.high)}]"
        return (
            f"{self.title} moved {percent(found.change)} % {interval} against the baseline: beyond {MARK_PERCENT:g} %, and no gate reads it"
        )


def watched(measures: Mapping[str, Any] | None, decision: Mapping[str, Any]) -> Sequence[Watched]:
    """Readings to look at, the surest first; none where nothing was compared. A metric that a gate judged is the gate's alone."""
    gated = {str(gate.get("metric")) for gate in decision.get("gates", ())}
    tested = sorted(_tested(measures or {}, gated), key=lambda one: (one.chance, one.metric))
    beyond: list[Watched] = []
    for place, one in enumerate(tested):
        if one.chance > FALSE_ALARMS / (len(tested) - place):
            break
        beyond.append(one)
    return beyond


def _tested(measures: Mapping[str, Any], gated: set[str]) -> Iterator[Watched]:
    for entry in measures.get("metrics", ()):
        found = comparison_or_none(entry.get("against", {}).get("baseline"))
        if found is not None and entry["name"] not in gated:
            chance = _chance(found, str(entry.get("better")))
            yield Watched(metric=str(entry["name"]), title=str(entry.get("title", entry["name"])), found=found, chance=chance)


def _chance(found: Comparison, better: str) -> float:
    """Chance of such a change for the worse; either way, twice the lesser."""
    risen, fallen = (tail_chance(one, MARK_PERCENT / 100) for one in (found, _turned(found)))
    return {LOWER: risen, HIGHER: fallen}.get(better, min(1.0, 2 * min(risen, fallen)))


def _turned(found: Comparison) -> Comparison:
    """The same ratio upside down."""
    low, change, high = (1 / (1 + bound) - 1 for bound in (found.high, found.change, found.low))
    return replace(found, low=low, change=change, high=high)
