"""How much may be lost before the answer is no: the section [gates] of the policy."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from governance.gates.extension import ExtensionRules

DEFAULT_GATES = ("tail_perplexity", "human_perplexity", "distinct_2", "distinct_3", "ngram_entropy", "synthetic_share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The largest change that is still no loss, in percent of the reference's reading, and the least evidence that may say so."""

    margin_percent: float
    """Against the pre-synthetic baseline."""
    champion_step_percent: float
    """Against the champion: the limit of one step, while the margin above bounds the sum of all steps (SCIENCE rule 6)."""
    minimum_units: int = 100
    """Source documents, or prompts for readings of samples; fewer are never a pass ("under 100 refuse", SCIENCE rule 2)."""

    def __post_init__(self) -> None:
        for name in ("margin_percent", "champion_step_percent"):
            if not (math.isfinite(getattr(self, name)) and 0 < getattr(self, name) < 100):
                raise ValueError(f"{name}: {getattr(self, name)} is not in (0, 100)")
        if self.minimum_units < 6:
            raise ValueError(f"minimum_units: {self.minimum_units} is not at least 6")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """Which gates decide, with which margins. A gate that is left out of `enabled` is named in every decision."""

    enabled: tuple[str, ...] = DEFAULT_GATES
    margins: Mapping[str, Margin] = field(default_factory=lambda: MappingProxyType({}))
    """Gate name -> its margin where policy departs from the gate's own."""
    slice_margin_percent: float = 10.0
    """A slice of the tail shard that is surely worse than this (Holm over the slices) is an alarm."""
    slices_block: bool = False
    """Whether such a slice blocks. Off by default: the starting margins were sized for whole shards."""
    flat_percent: float = 1.0
    """Perplexity of training rows counts as flat while it rises by less than this: the alarm of SCIENCE rule 10."""
    sequential_alpha_percent: float = 5.0
    """Chance of any false alarm of the rule over cycles (`governance.gates.sequential`) in so many cycles without a loss."""
    sequential_cycles: int = 12
    """The number of cycles that this chance is for."""
    sequential_blocks: bool = False
    """Whether its alarm blocks. Off by default: it tells a drift from none, and a drift inside the margins may be meant."""
    extension: ExtensionRules = field(default_factory=ExtensionRules)
    planned_power_percent: int = 80
    """Power for which `documents_needed` is planned."""
    calibrated: bool = False
    """Whether the drill has calibrated the margins on this model; written into every decision."""

    def __post_init__(self) -> None:
        if len(set(self.enabled)) != len(self.enabled):
            raise ValueError(f"enabled: {self.enabled} names a gate twice")
        if not 1 <= self.sequential_cycles <= 1000:
            raise ValueError(f"sequential_cycles: {self.sequential_cycles} is not in 1..1000")
        for name in ("slice_margin_percent", "flat_percent", "sequential_alpha_percent"):
            if not (math.isfinite(getattr(self, name)) and 0 < getattr(self, name) < 100):
                raise ValueError(f"{name}: {getattr(self, name)} is not in (0, 100)")
        if not 50 <= self.planned_power_percent <= 99:
            raise ValueError(f"planned_power_percent: {self.planned_power_percent} is not in 50..99")
