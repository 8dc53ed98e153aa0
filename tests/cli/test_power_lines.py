"""`heirloom power` in words and as a document."""

import json

from cli.commands.power import power_document, power_lines
from flows.power import PowerPlan
from governance.gates.decision import shipped_gates
from governance.gates.margins import GateRules
from governance.gates.power import planned_gates

GATES = planned_gates(shipped_gates(), GateRules(), {}, {"documents": 371, "prompts": 150}, 0.004)
PLAN = PowerPlan(
    gates=GATES,
    change=0.0,
    power=0.8,
    cycle=None,
    joint=0.873,
    costs=dict.fromkeys([gate.metric for gate in GATES], 0.021),
    grid={100: 0.2, 500: 0.91},
    margins={1.0: {"documents": 700, "prompts": None}},
)


def test_the_joint_power_comes_first_and_what_is_assumed_is_said():
    lines = power_lines(PLAN)
    assert lines[0].startswith("[bold]87 %[/bold] of candidates that lost nothing pass all 10 comparisons together")
    assert "assumed" in lines[0]
    assert sum(line.lstrip().startswith(tuple(gate.metric for gate in GATES)) for line in lines) == len(GATES)
    assert any("1 %: 700 documents and no number of prompts" in line for line in lines)


def test_the_document_is_json_with_a_number_for_every_gate():
    document = json.loads(json.dumps(power_document(PLAN)))
    assert len(document["gates"]) == 10
    assert all(0 <= gate["passes_alone"] <= 1 and gate["assumed"] for gate in document["gates"])
    assert document["grid"] == [{"units": 100, "joint": 0.2}, {"units": 500, "joint": 0.91}]
