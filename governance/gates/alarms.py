"""What a reviewer should look at whatever the verdict: slices surely beyond their margin, and perplexities that move apart."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from governance.collapse.intervals import Comparison
from governance.gates.bounds import percent
from governance.gates.margins import GateRules

FALSE_ALARMS = 0.05
"""Chance of any false slice alarm in one metric, held by Holm's step-down."""
SLICED = ("tail_perplexity", "human_perplexity")
READ = (*SLICED, "training_perplexity")
"""Every metric that an alarm reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceReading:
    """One slice that was large enough to judge."""

    metric: str
    title: str
    slice: str
    found: Comparison

    def sentence(self) -> str:
        found = self.found
        interval = f"[{percent(found.low)}, {percent(found.high)}]"
        return f"{self.title} of slice {self.slice!r} moved {percent(found.change)} % {interval}, {found.n} documents"


def slice_readings(metrics: Mapping[str, Mapping[str, Any]], name: str) -> tuple[SliceReading, ...]:
    """The slices of a metric that were judged; those too small to judge, or not whole, are not among them."""
    entry = metrics.get(name, {})
    title = str(entry.get("title", name))
    pairs = ((key, comparison_or_none(value)) for key, value in sorted(entry.get("slices", {}).items()))
    return tuple(SliceReading(metric=name, title=title, slice=key, found=found) for key, found in pairs if found)


def slices_beyond(readings: Sequence[SliceReading], margin: float) -> tuple[SliceReading, ...]:
    """Slices worse than the margin, by Holm over the slices of one metric: each tested beyond the margin, not for being equal."""
    surprises = sorted(((tail_chance(reading.found, margin), reading.slice, reading) for reading in readings), key=lambda s: s[:2])
    beyond: list[SliceReading] = []
    for place, (chance, _, reading) in enumerate(surprises):
        if chance > FALSE_ALARMS / (len(surprises) - place):
            break
        beyond.append(reading)
    return tuple(beyond)


def tail_chance(found: Comparison, margin: float) -> float:
    """One-sided chance of a change at least as large if the truth were at the margin; Student t approximated by a normal (A&S 26.7.8)."""
    apart = math.log1p(found.change) - math.log1p(margin)
    if found.se <= 0:
        return 0.0 if apart > 0 else 1.0
    t, degrees = apart / found.se, max(found.n - 1, 1)
    z = t * (1 - 1 / (4 * degrees)) / math.sqrt(1 + t * t / (2 * degrees))
    return 1.0 - NormalDist().cdf(z)


def worst_slice(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """The slice of the tail shard (else of the human shard) with the strongest evidence of a loss."""
    for name in SLICED:
        if readings := slice_readings(metrics, name):
            worst = max(readings, key=lambda reading: reading.found.low)
            return {"metric": name, "slice": worst.slice, **worst.found.document()}
    return None


def raise_alarms(metrics: Mapping[str, Mapping[str, Any]], rules: GateRules) -> tuple[str, ...]:
    """Complete sentences; empty where there is nothing to look at."""
    margin = rules.slice_margin_percent / 100
    said = [
        f"{reading.sentence()}: beyond the slice margin of {rules.slice_margin_percent:g} %"
        for name in SLICED
        for reading in slices_beyond(slice_readings(metrics, name), margin)
    ]
    human, training = against_baseline(metrics, "human_perplexity"), against_baseline(metrics, "training_perplexity")
    if human and training and human.low > 0 and training.change < rules.flat_percent / 100:
        moved = f"human perplexity rose {percent(human.change)} % while that of the training rows moved {percent(training.change)} %"
        said.append(f"{moved}: the model fits what it was fed and loses the rest, whatever its loss says")
    return tuple(said)


def against_baseline(metrics: Mapping[str, Mapping[str, Any]], name: str) -> Comparison | None:
    return comparison_or_none(metrics.get(name, {}).get("against", {}).get("baseline"))


def comparison_or_none(found: object) -> Comparison | None:
    """A comparison where the document holds a whole one."""
    if not isinstance(found, Mapping) or found.get("change") is None:
        return None
    try:
        return Comparison.from_document(found)
    except (KeyError, TypeError, ValueError):
        return None
