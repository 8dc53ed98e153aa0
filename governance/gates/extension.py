"""Looking twice: an inconclusive cycle may be extended once, as the policy said before the first look, and then it is final.

Two looks at one candidate are two chances to pass it wrongly. So the error of 5 % is parted before the first look:
`first_look_alpha_percent` for it, the rest for the second, which sees the first look's documents again beside those that were held
back. The parts add up to a bound for both looks together whatever hangs together between them (Bonferroni; a Pocock boundary for two
looks would allow 3.0 % each where the halves are equal and nothing but documents varies, and retrain noise is the same in both looks).
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.collapse.intervals import CONFIDENCE, t_quantile

WHOLE_PERCENT = 5.0
"""What all looks at one candidate may err in together: what one bound of `CONFIDENCE` leaves."""
LEAST_DEGREES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRules:
    """The section [gates.extension]: what is registered before the first look."""

    allowed: bool = False
    """Where it is not, nothing is held back and the only look may err in 5 %."""
    reserve_percent: int = 50
    """Source documents of the tail and human shards that only the second look reads."""
    more_draws: int = 2
    """How many times the draws of a prompt are asked for in the second look."""
    first_look_alpha_percent: float = 2.5
    """The part of the 5 % that the first look may err in."""

    def __post_init__(self) -> None:
        if not 0 <= self.reserve_percent <= 80:
            raise ValueError(f"reserve_percent: {self.reserve_percent} is not in 0..80")
        if not 1 <= self.more_draws <= 10:
            raise ValueError(f"more_draws: {self.more_draws} is not in 1..10")
        if not 0 < self.first_look_alpha_percent < WHOLE_PERCENT:
            raise ValueError(f"first_look_alpha_percent: {self.first_look_alpha_percent} is not in (0, {WHOLE_PERCENT:g})")

    def alpha_percent(self, *, extended: bool) -> float:
        """What the first look may err in, or the second."""
        return WHOLE_PERCENT - self.first_look_alpha_percent if extended else self.first_look_alpha_percent

    def holds_back(self, source_id: str) -> bool:
        """True where the first look does not read this source document: a function of its name, so the same for every model and cycle."""
        return int.from_bytes(hashlib.sha256(f"reserve\0{source_id}".encode()).digest()[:4], "big") % 100 < self.reserve_percent

    def label(self, shard: str) -> str:
        """The name of what a first look reads of a pinned shard: readings of other documents are never compared with it."""
        return f"{shard}:{self.reserve_percent} % held back" if self.allowed and self.reserve_percent else shard


def look_document(rules: ExtensionRules, extension: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Which look this is and what it may err in; None where the policy has only one."""
    if not rules.allowed:
        return None
    extended = extension is not None
    return {"number": 2 if extended else 1, "alpha_percent": rules.alpha_percent(extended=extended), "final": extended}


def at_look(
    metrics: Mapping[str, Mapping[str, Any]], rules: ExtensionRules, extension: Mapping[str, Any] | None
) -> Mapping[str, Mapping[str, Any]]:
    """The entries of measures.json with every comparison as wide as this look asks for."""
    if not rules.allowed:
        return metrics
    alpha = rules.alpha_percent(extended=extension is not None) / 100
    return {
        name: {**entry, "against": {r: _widened(found, alpha) for r, found in entry.get("against", {}).items()}}
        for name, entry in metrics.items()
    }


def _widened(found: Any, alpha: float) -> Any:
    """A comparison with one-sided bounds of this error instead of 5 %; whatever is no whole comparison stays as it is."""
    try:
        change, low, high = (math.log1p(float(found[name])) for name in ("change", "low", "high"))
        degrees = max(int(found["n"]) - 1, LEAST_DEGREES)
    except (KeyError, TypeError, ValueError):
        return found
    ratio = t_quantile(1 - alpha, degrees) / t_quantile(CONFIDENCE, degrees)
    return {**found, "low": math.expm1(change + ratio * (low - change)), "high": math.expm1(change + ratio * (high - change))}
