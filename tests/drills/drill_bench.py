"""One small drill whose candidates are bred and probed once, and judged by whatever instruments a test brings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import planted_language

from governance.adapters.trainers.ngram import TRAINER
from governance.collapse.metric import Metric
from governance.collapse.report import shipped_metrics
from governance.drills.at_margin import margin_promises
from governance.drills.fault import Fault
from governance.drills.run import Drilled, Stock, bred, counted, shipped_faults
from governance.drills.table import Promise
from governance.drills.trial import Instruments, Probed, Trial, examine
from governance.gates.gate import Gate
from governance.gates.margins import DEFAULT_GATES, GateRules

SEED = 11
PAIRS = 16
CHOSEN = ("human_only", "few_documents", "over_cap", "replace_honest", "replace_sharpened")


@dataclass(frozen=True)
class Bench:
    """Candidates that were asked once."""

    faults: Mapping[str, Fault]
    probed: tuple[Probed, ...]

    def instruments(self, *, metrics: Mapping[str, Metric] | None = None, gates: Mapping[str, Gate] | None = None) -> Instruments:
        return Instruments(plan=planted_language.PLAN, rules=GateRules(), metrics=metrics or gated_metrics(), gates=gates)

    def trial(self, name: str, instruments: Instruments) -> Trial:
        return next(examine(probed, instruments) for probed in self.probed if probed.fault == name)

    def drilled(self, instruments: Instruments, at_margin: Sequence[str] = ()) -> Drilled:
        """The whole drill, with candidates at the margin of so many gates."""
        trials = [examine(probed, instruments) for probed in self.probed]
        return counted(self.faults, trials, [SEED], instruments, list(self._margins(instruments, at_margin)))

    def _margins(self, instruments: Instruments, names: Sequence[str]) -> Iterator[Promise]:
        by_name = {probed.fault: probed for probed in self.probed}
        asked = replace(instruments, rules=replace(instruments.rules, enabled=tuple(names)))
        return margin_promises(by_name["human_only"], by_name["replace_sharpened"], asked, PAIRS)


def gated_metrics() -> Mapping[str, Metric]:
    """The metrics that gates and alarms read: what a verdict cannot see need not be measured twice."""
    read = (*DEFAULT_GATES, "training_perplexity")
    return {name: metric for name, metric in shipped_metrics().items() if name in read}


def planted_stock() -> Stock:
    """The n-gram trainer on the planted language."""
    return Stock(trainer=TRAINER, recipe=planted_language.RECIPE, shelf=planted_language.shelf(), size=planted_language.SIZE)


def breed_bench(place: Path) -> Bench:
    """One course of one cycle of each fault that is chosen."""
    faults = {name: replace(shipped_faults()[name], cycles=1, caught_by=1) for name in CHOSEN}
    instruments = Instruments(plan=planted_language.PLAN, rules=GateRules())
    courses = bred(planted_stock(), instruments, faults, seed=SEED, place=place, step=lambda _: None)
    return Bench(faults=faults, probed=tuple(probed for course in courses for probed in course))
