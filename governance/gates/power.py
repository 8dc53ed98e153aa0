"""What the gates can see: the chance that a candidate of a given truth passes each of them, all of them together, and at which numbers.

Estimates are normal on the log scale, as the gate's own bounds are. Gates hang together: comparisons of one metric share the candidate
and its documents, readings of samples are of the same texts, and one retraining moves every perplexity. So the joint chance is counted
over correlated draws of a fixed stream, between the product of the chances and the least of them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from governance.collapse.evidence import BASELINE, CANDIDATE, CHAMPION
from governance.collapse.intervals import Comparison
from governance.gates.alarms import comparison_or_none
from governance.gates.gate import Gate
from governance.gates.margins import GateRules
from governance.gates.planner import CONFIDENCE, pass_chance, units_to_settle

DRAWS = 20_000
STREAM = 20_131
"""Key of the fixed stream: equal questions get equal answers."""
SHARED_CANDIDATE = 0.5
"""Correlation of two comparisons of one metric whose references are different models: half of each difference is the candidate's."""
SAME_SAMPLES = 0.8
"""Correlation of two readings of the same samples: 0.6 to 0.9 among distinct-2, distinct-3 and entropy of planted texts."""
ASSUMED_SD: Mapping[str, float] = {"documents": 0.1, "prompts": 0.07}
"""Sd of one unit's change before anything was measured: SCIENCE section 1 for documents of near candidates, the demo for prompts."""
DOCUMENTS, PROMPTS = "documents", "prompts"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGate:
    """One comparison that has to pass: its limit, as a share of the reference's reading, and how its estimate scatters."""

    metric: str
    title: str
    against: str
    limit: float
    two_sided: bool
    unit: str
    minimum_units: int
    n: int
    sd: float
    noise: float
    assumed: bool
    """True where no evidence of this workspace says how it scatters."""

    @property
    def se(self) -> float:
        return math.hypot(self.sd / math.sqrt(self.n), self.noise)

    @property
    def edges(self) -> tuple[float, ...]:
        """Limits on the log scale, the upper one first."""
        return (math.log1p(self.limit), *([math.log1p(-self.limit)] if self.two_sided else []))

    def chance(self, change: float) -> float:
        """Chance of a pass if the truth is this relative change."""
        if self.n < self.minimum_units:
            return 0.0
        return pass_chance(self.sd, self.edges, math.log1p(change), n=self.n, noise=self.noise)

    def needed(self, change: float, power: float) -> int | None:
        """Units at which this truth is judged rightly with this power; None where no number does it."""
        found = units_to_settle(self.sd, self.edges, math.log1p(change), noise=self.noise, power=power)
        return None if found is None else max(found, self.minimum_units)


def planned_gates(
    gates: Mapping[str, Gate], rules: GateRules, metrics: Mapping[str, Mapping[str, Any]], sizes: Mapping[str, int], noise: float
) -> tuple[PlannedGate, ...]:
    """Every comparison that a candidate has to pass, scattering as in this evidence, or as assumed where there is none.

    `metrics` are entries of measures.json by name, `sizes` how many documents and prompts there are, `noise` the assumed sd of retraining.
    """
    found = []
    for name, gate in gates.items():
        if gate.margin is None or name not in rules.enabled:
            continue
        entry, margin = metrics.get(gate.metric, {}), rules.margins.get(name, gate.margin)
        for reference in _references(entry):
            level = comparison_or_none(entry.get("against", {}).get(reference))
            sd, part, n = _scatter(level, noise) if level else (ASSUMED_SD[gate.unit], noise, sizes.get(gate.unit, 0))
            found.append(
                PlannedGate(
                    metric=gate.metric,
                    title=gate.title,
                    against=reference,
                    limit=(margin.champion_step_percent if reference == CHAMPION else margin.margin_percent) / 100,
                    two_sided=gate.two_sided,
                    unit=gate.unit,
                    minimum_units=margin.minimum_units,
                    n=max(n, 1),
                    sd=sd,
                    noise=part,
                    assumed=level is None,
                )
            )
    return tuple(found)


def _references(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Those that were measured; baseline and champion where nothing was."""
    against = entry.get("against", {})
    measured = tuple(name for name in against if name != CANDIDATE and comparison_or_none(against[name]))
    return measured or (BASELINE, CHAMPION)


def _scatter(level: Comparison, noise: float) -> tuple[float, float, int]:
    """Sd of a unit, the noise beside it, and the units; two names of one checkpoint scatter by the noise alone."""
    sampling = math.sqrt(max(level.se**2 - level.noise**2, 0.0))
    return sampling * math.sqrt(level.n), level.noise or noise, level.n


def resized(gates: Sequence[PlannedGate], sizes: Mapping[str, int]) -> tuple[PlannedGate, ...]:
    """The same gates on other numbers of documents and prompts."""
    return tuple(replace(gate, n=sizes.get(gate.unit, gate.n)) for gate in gates)


def joint_chance(gates: Sequence[PlannedGate], changes: Mapping[str, float] | None = None) -> float:
    """Chance that a candidate passes all of these gates; `changes` are true relative changes by metric, none where a metric is left out."""
    return float(_inside(gates, changes or {}).all(axis=1).mean()) if gates else 0.0


def cost_of(gates: Sequence[PlannedGate], metric: str, changes: Mapping[str, float] | None = None) -> float:
    """Joint power that the gates of one metric cost: what would pass without them, less what passes."""
    inside = _inside(gates, changes or {})
    rest = inside[:, [gate.metric != metric for gate in gates]]
    return float(rest.all(axis=1).mean() - inside.all(axis=1).mean())


def _inside(gates: Sequence[PlannedGate], changes: Mapping[str, float]) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Draw by gate: whether it passes. A gate of too few units passes nothing."""
    z = NormalDist().inv_cdf(CONFIDENCE)
    rng = np.random.Generator(np.random.Philox(key=STREAM))
    drawn = rng.standard_normal((DRAWS, len(gates))) @ _factor(_covariance(gates)).T
    inside = np.zeros((DRAWS, len(gates)), dtype=bool)
    for place, gate in enumerate(gates):
        if gate.n < gate.minimum_units:
            continue
        estimate = drawn[:, place] + math.log1p(changes.get(gate.metric, 0.0))
        inside[:, place] = estimate + z * gate.se < gate.edges[0]
        if gate.two_sided:
            inside[:, place] &= estimate - z * gate.se > gate.edges[1]
    return inside


def _covariance(gates: Sequence[PlannedGate]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    return np.array([[_shared(one, other) for other in gates] for one in gates])


def _shared(one: PlannedGate, other: PlannedGate) -> float:
    """Covariance of two estimates: of what units scatter, and of what retrainings differ by."""
    if one is other:
        return one.se**2
    sampling = one.sd * other.sd / math.sqrt(one.n * other.n)
    return sampling * _units_together(one, other) + one.noise * other.noise * _retrains_together(one, other)


def _units_together(one: PlannedGate, other: PlannedGate) -> float:
    candidate = 1.0 if one.against == other.against else SHARED_CANDIDATE
    if one.metric == other.metric:
        return candidate
    return SAME_SAMPLES * candidate if one.unit == other.unit == PROMPTS else 0.0


def _retrains_together(one: PlannedGate, other: PlannedGate) -> float:
    if one.unit != other.unit:
        return 0.0
    return 1.0 if one.against == other.against else SHARED_CANDIDATE


def _factor(covariance: "np.ndarray[Any, np.dtype[np.float64]]") -> "np.ndarray[Any, np.dtype[np.float64]]":
    """A square root of the covariance; what rounding made negative counts as none."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)), dtype=np.float64)
