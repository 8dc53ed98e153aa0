"""A drill belongs to one version of the gate, and a claim of calibration rests on a drill of that very version."""

from dataclasses import replace

import pytest

from governance.collapse.probe import ProbePlan
from governance.gates.margins import GateRules, Margin
from governance.release import kinds
from governance.release.fold import fold
from governance.release.ledger import Event, follow
from governance.stages.closure import closure
from governance.stages.gate_version import CODE, gate_version


def test_what_can_change_a_verdict_changes_the_version_and_the_claim_does_not() -> None:
    rules, plan = GateRules(), ProbePlan()
    version = gate_version(rules, plan)
    assert version == gate_version(replace(rules, calibrated=True), plan)
    tighter = replace(rules, margins={"tail_perplexity": Margin(margin_percent=4.0, champion_step_percent=3.0)})
    assert len({version, gate_version(tighter, plan), gate_version(rules, replace(plan, samples_per_prompt=5))}) == 3
    code = closure(CODE)
    assert {"governance.gates.rules.tail_perplexity", "governance.collapse.metrics.distinct_2", "governance.gates.decision"} <= set(code)
    assert not any(name.startswith("governance.adapters") for name in code)


def drilled(head: Event | None = None, **changes: object) -> Event:
    body = {"gate_version": "a" * 64, "trainer": "ngram", "own": True, "seeds": 3, "broken": 0, "drill_sha256": "b" * 64, **changes}
    kinds.check_body(kinds.GATE_DRILLED, body)
    return follow(head, kind=kinds.GATE_DRILLED, actor="ada", at="2026-11-29T10:00:00+00:00", body=body)


@pytest.mark.parametrize(
    ("changes", "backed"), [({}, True), ({"broken": 1}, False), ({"own": False}, False), ({"gate_version": "c" * 64}, False)]
)
def test_a_claim_is_backed_by_an_unbroken_drill_of_this_gate_on_the_lines_own_kind_of_model(
    changes: dict[str, object], backed: bool
) -> None:
    state = fold([drilled(**changes)])
    assert state.calibrated("a" * 64) is backed
    assert state.last_drill is not None


def test_the_last_drill_of_a_gate_counts_and_one_on_a_stand_in_does_not_take_its_place() -> None:
    first = drilled()
    second = drilled(first, own=False, broken=4)
    state = fold([first, second])
    assert state.calibrated("a" * 64)
    assert state.last_drill.seq == 2
    assert not fold([drilled(second, broken=2)], state).calibrated("a" * 64)
    assert fold([]).last_drill is None
