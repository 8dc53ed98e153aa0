"""Human-only controls, whose readings the ledger keeps, and the retrain noise that they add up to. None is ever a candidate."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from governance.collapse.noise import Noise, pooled
from governance.digest import digest_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One retrain without synthetic text. Controls of one `group` differ in their seed alone; `terms` name recipe, probe and shards."""

    cycle: int
    group: str
    terms: str
    seed: int
    checkpoint: str
    readings: Mapping[str, float]
    """Metric -> log ratio to the baseline."""

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in self.readings.values()):
            raise ValueError("readings: not all are finite numbers")

    @property
    def name(self) -> str:
        return f"{self.group[:16]}-{self.seed}"


def with_control(controls: Mapping[str, Control], facts: Mapping[str, Any]) -> Mapping[str, Control]:
    """The controls, and one more; the same one again changes nothing."""
    control = Control(**facts)
    return MappingProxyType({**controls, control.name: control})


def terms_of(policy: Mapping[str, Any], shards: Mapping[str, str]) -> str:
    """Under what noise is the same: the recipe that trains, the probe that reads and the shards that are read."""
    probe = {key: value for key, value in policy["probe"].items() if key != "retrain_noise_percent"}
    return digest_document({"training": policy["training"], "probe": probe, "shards": dict(shards)})


def pooled_noises(controls: Iterable[Control], terms: str) -> dict[str, Noise]:
    """Metric -> retrain noise from the controls of the same terms, where they leave degrees of freedom enough."""
    groups: dict[str, list[Control]] = {}
    for control in controls:
        if control.terms == terms:
            groups.setdefault(control.group, []).append(control)
    names = sorted({name for group in groups.values() for control in group for name in control.readings})
    read = {name: [{c.name: c.readings[name] for c in group if name in c.readings} for group in groups.values()] for name in names}
    return {name: noise for name, found in read.items() if (noise := pooled(found)) is not None}
