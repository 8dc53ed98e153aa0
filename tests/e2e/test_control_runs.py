"""Human-only controls of a real cycle: read, remembered, never promotable, and what the next cycle is frozen with."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.wiring import open_shop
from tests.e2e.shell import run

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_six_controls_measure_the_noise_that_the_next_cycle_is_frozen_with(copy: Callable[[], Path]):
    workspace = copy()
    before = open_shop(workspace).ledger.state()
    decision = (workspace / "cycle" / "decision.json").read_bytes()
    done = run(workspace, "retrain", "--control", "6", "--json")
    assert done.code == 0, done.err
    state = open_shop(workspace).ledger.state()
    assert len(state.controls) == 6
    assert (state.champion, dict(state.releases)) == (before.champion, dict(before.releases))
    assert (workspace / "cycle" / "decision.json").read_bytes() == decision
    assert run(workspace, "plan", "--json").code == 0
    noise = json.loads((workspace / "cycle" / "cycle.json").read_text())["retrain_noise"]
    assert noise["tail_perplexity"]["degrees"] == 5
    assert len(noise["tail_perplexity"]["controls"]) == 6


def test_a_schedule_makes_a_control_before_the_verdict_and_leaves_the_next_cycle_without_one(copy: Callable[[], Path]):
    workspace = copy()
    policy = workspace / "policy.toml"
    policy.write_text(policy.read_text() + "\n[controls]\nevery = 2\n")
    first = retrained(workspace)
    (control,) = open_shop(workspace).ledger.state().controls.values()
    beside = {found["metric"]: found for found in first["matched"]}
    assert math.log1p(beside["tail_perplexity"]["control"]) == pytest.approx(control.readings["tail_perplexity"])
    state = open_shop(workspace).ledger.state()
    assert control.checkpoint not in {release.checkpoint for release in state.releases.values()}
    assert retrained(workspace)["matched"] == []
    assert len(open_shop(workspace).ledger.state().controls) == 1


def retrained(workspace: Path) -> dict[str, Any]:
    assert run(workspace, "synthesize", "--json").code == 0
    done = run(workspace, "retrain", "--json")
    assert done.code in {0, 3, 9}, done.out + done.err
    found: dict[str, Any] = json.loads((workspace / "cycle" / "decision.json").read_text())
    return found


def test_before_any_retraining_there_is_nothing_to_stand_beside(tmp_path: Path):
    from tests.e2e.shell import make_workspace

    done = run(make_workspace(tmp_path / "newsroom"), "retrain", "--control", "1")
    assert done.code == 3
    assert "no retraining was measured here" in done.err
