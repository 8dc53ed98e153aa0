"""Human-only controls, whose readings the ledger keeps, and the retrain noise that they add up to. None is ever a candidate."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from governance.collapse.noise import Noise, pooled
from governance.digest import digest_document
from governance.release.rules import ControlRules


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


def controls_due(rules: ControlRules, controls: Iterable[Control], cycle: int, group: str, terms: str) -> int:
    """How many controls of this group the schedule still wants in this cycle: a function of the ledger, so a killed run makes the rest.

    Controls of other terms measured something else, so the first cycle under new ones is due.
    """
    same = [control for control in controls if control.terms == terms]
    earlier = [control.cycle for control in same if control.group != group and control.cycle < cycle]
    if not rules.every or (earlier and cycle - max(earlier) < rules.every):
        return 0
    return max(rules.count - sum(control.group == group for control in same), 0)


def pooled_noises(controls: Iterable[Control], terms: str) -> dict[str, Noise]:
    """Metric -> retrain noise from the controls of the same terms, where they leave degrees of freedom enough."""
    groups: dict[str, list[Control]] = {}
    for control in controls:
        if control.terms == terms:
            groups.setdefault(control.group, []).append(control)
    names = sorted({name for group in groups.values() for control in group for name in control.readings})
    read = {name: [{c.name: c.readings[name] for c in group if name in c.readings} for group in groups.values()] for name in names}
    return {name: noise for name, found in read.items() if (noise := pooled(found)) is not None}
