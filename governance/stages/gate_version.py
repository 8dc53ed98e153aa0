"""Which gate judges: one digest over the code of metrics, gates and the run's own controls, and over what the policy tells them."""

from collections.abc import Mapping
from typing import Any

from governance.collapse.probe import ProbePlan
from governance.digest import digest_document
from governance.gates.margins import GateRules
from governance.section import part_of, read_section, section_document
from governance.stages.closure import closure, code_digest

CODE = ("governance.collapse", "governance.gates", "governance.stages.known")


def judging_gate(cycle: Mapping[str, Any]) -> str:
    """The version of the gate that judges a frozen cycle: the code of now, and the policy that was frozen."""
    gates, probe = (part_of(cycle, key) for key in ("policy.gates", "policy.probe"))
    return gate_version(read_section(GateRules, gates, "policy.gates"), read_section(ProbePlan, probe, "policy.probe"))


def gate_version(rules: GateRules, plan: ProbePlan) -> str:
    """A function of what can change a verdict; that the policy calls its margins calibrated does not, so a drill can prove it first."""
    gates = {name: value for name, value in section_document(rules).items() if name != "calibrated"}
    return digest_document({"code": code_digest(closure(CODE)), "gates": gates, "probe": section_document(plan)})
