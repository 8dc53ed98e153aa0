"""One candidate of a course, through the shipped probe, measure and judge stages; metrics and gates are arguments, to drill the drill."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from governance.collapse.intervals import Comparison
from governance.collapse.metric import Metric
from governance.collapse.probe import ProbePlan
from governance.digest import read_document
from governance.drills.breeding import Breeder
from governance.drills.desk import DrillDesk, cycle_document
from governance.drills.fault import Fault
from governance.gates.alarms import comparison_or_none
from governance.gates.decision import shipped_gates
from governance.gates.gate import Gate, Verdict
from governance.gates.margins import GateRules
from governance.gates.power import joint_chance, planned_gates
from governance.section import section_document
from governance.stages import judge, measure, probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What judges: the policy's sections, and the metrics and gates, where None means the shipped ones."""

    plan: ProbePlan
    rules: GateRules
    metrics: Mapping[str, Metric] | None = None
    gates: Mapping[str, Gate] | None = None
    narrow: bool = False
    """Whether models are asked only what verdicts and alarms rest on (`governance.drills.narrow`)."""

    @property
    def policy(self) -> dict[str, Any]:
        return {"probe": section_document(self.plan), "gates": section_document(self.rules), "training": {}}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probed:
    """A candidate that was asked and scored; it can be judged as often as there are instruments."""

    fault: str
    seed: int
    cycle: int
    desk: DrillDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the gate said of one candidate."""

    fault: str
    seed: int
    cycle: int
    verdict: Verdict
    alarms: int
    blocking: tuple[str, ...]
    """Gates that blocked, each once."""
    passing: tuple[str, ...] = ()
    """Gates that passed against every reference."""
    baseline: Mapping[str, Comparison] = field(default_factory=lambda: MappingProxyType({}))
    """Every metric that was measured against the baseline."""
    champion: Mapping[str, Comparison] = field(default_factory=lambda: MappingProxyType({}))
    planned: float | None = None
    """The chance of a pass that the planner gives a candidate without a loss whose readings scatter as these do; None where not asked."""

    @property
    def promoted(self) -> bool:
        return self.verdict is Verdict.PASS

    def document(self) -> dict[str, Any]:
        changes = {name: round(found.change, 6) for name, found in self.baseline.items()}
        plain = {"fault": self.fault, "seed": self.seed, "cycle": self.cycle, "verdict": self.verdict.value, "alarms": self.alarms}
        return {**plain, "blocking": list(self.blocking), "changes": changes, "planned": self.planned}


def probe_course(breeder: Breeder, fault: Fault, root: Path, instruments: Instruments) -> Sequence[Probed]:
    """Breed a course and ask every candidate what the policy asks."""
    shards = breeder.shelf.lay_out(root / fault.name, fault.documents)
    past, found = [breeder.founded], []
    for cycle in range(1, fault.cycles + 1):
        champion = past[-1]
        past.append(breeder.breed(fault.name, past, fault.feed(breeder, past), fault.trained_cap_percent))
        desk = DrillDesk(
            place=past[-1].folder,
            shards=root / fault.name,
            cycle=cycle_document(seed=breeder.seed, baseline=past[0], champion=champion, shards=shards, policy=instruments.policy),
            breeder=breeder,
            generations={generation.digest: generation for generation in past},
        )
        probe.probe(desk, for_verdicts=instruments.narrow)
        found.append(Probed(fault=fault.name, seed=breeder.seed, cycle=cycle, desk=desk))
    return found


def examine(probed: Probed, instruments: Instruments, *, plan: bool = False) -> Trial:
    """Measure and judge what a probe brought back, and where asked `plan` what a candidate without a loss had to expect."""
    desk = probed.desk
    desk = DrillDesk(
        place=desk.place,
        shards=desk.shards,
        cycle={**desk.cycle, "policy": instruments.policy},
        breeder=desk.breeder,
        generations=desk.generations,
    )
    measure.work(desk, instruments.metrics)
    judge.work(desk, instruments.gates)
    measures, decision = read_document(desk.place / "measures.json"), read_document(desk.place / "decision.json")
    verdict = Verdict(decision["verdict"])
    return Trial(
        fault=probed.fault,
        seed=probed.seed,
        cycle=probed.cycle,
        verdict=verdict,
        alarms=len(decision["alarms"]),
        blocking=_gates(decision, any, Verdict.BLOCK),
        passing=_gates(decision, all, Verdict.PASS),
        baseline=_against(measures, "baseline"),
        champion=_against(measures, "champion"),
        planned=_planned(measures, instruments) if plan else None,
    )


def _planned(measures: Mapping[str, Any], instruments: Instruments) -> float:
    entries = {str(entry["name"]): entry for entry in measures["metrics"]}
    gates = planned_gates(shipped_gates(), instruments.rules, entries, {}, instruments.plan.retrain_noise_percent / 100)
    return round(joint_chance(gates), 4)


def _gates(decision: Mapping[str, Any], how: Callable[[Iterable[bool]], bool], verdict: Verdict) -> tuple[str, ...]:
    """Gates of which any, or all, answers are this verdict."""
    said: dict[str, list[bool]] = {}
    for gate in decision["gates"]:
        said.setdefault(gate["gate"], []).append(gate["verdict"] == verdict.value)
    return tuple(name for name, answers in said.items() if how(answers))


def _against(measures: Mapping[str, Any], reference: str) -> dict[str, Comparison]:
    pairs = ((entry["name"], comparison_or_none(entry["against"].get(reference))) for entry in measures["metrics"])
    return {name: found for name, found in pairs if found is not None}
