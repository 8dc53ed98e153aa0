"""What a drill asks and reads: what verdicts, alarms and its own promises rest on, and nothing that only stands beside them in a report."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from governance.collapse.metric import Metric
from governance.collapse.probe import ProbePlan
from governance.collapse.report import shipped_metrics
from governance.drills.fault import Fault
from governance.gates.alarms import READ
from governance.gates.decision import shipped_gates


def asked_for_verdicts(plan: ProbePlan) -> ProbePlan:
    """What gates read of a plan, without the rare names that no alarm reads either; the training sample stays, because one does."""
    return replace(plan.gated(), cloze_documents=0)


def read_for_verdicts(faults: Iterable[Fault]) -> Mapping[str, Metric]:
    """The metrics of all gates and alarms, and those that a fault has to move."""
    named = {gate.metric for gate in shipped_gates().values()} | set(READ)
    named |= {name for fault in faults for name in (*fault.needs, *fault.moves)}
    return {name: metric for name, metric in shipped_metrics().items() if name in named}
