"""Retrainings of one champion on human text alone: hardly ever blocked, and passed about as often as the planner says."""

from dataclasses import replace
from pathlib import Path

import planted_language
import pytest
from drill_bench import gated_metrics, planted_stock

from governance.drills.run import drill, seeds_of, shipped_faults
from governance.drills.trial import Instruments
from governance.gates.gate import Verdict
from governance.gates.margins import GateRules

SEEDS = 5


@pytest.mark.slow
def test_null_pairs_are_not_blocked_and_pass_about_as_often_as_planned(tmp_path: Path) -> None:
    stock = replace(planted_stock(), champions=planted_language.RECIPE)
    instruments = Instruments(plan=planted_language.PLAN, rules=GateRules(), metrics=gated_metrics(), narrow=True)
    faults = {"human_only": shipped_faults()["human_only"]}
    trials = drill(stock, instruments, seeds=seeds_of(7, SEEDS, "prove"), root=tmp_path, faults=faults).trials
    assert len(trials) == 3 * SEEDS
    assert not [trial for trial in trials if trial.verdict is Verdict.BLOCK]
    passed = sum(trial.promoted for trial in trials) / len(trials)
    planned = sum(trial.planned for trial in trials) / len(trials)
    assert abs(passed - planned) <= 0.3, (passed, planned)
