"""Margins are proposed from known-good candidates, proved on other seeds, and read by the policy as they were proposed."""

import tomllib
from dataclasses import replace
from pathlib import Path

import planted_language
import pytest
from drill_bench import planted_stock
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.collapse.intervals import Comparison
from governance.drills.calibration import STEP_PERCENT, Calibration, calibrate, propose
from governance.drills.run import Drilled, seeds_of, shipped_faults
from governance.drills.trial import Instruments, Trial
from governance.gates.gate import Verdict
from governance.gates.margins import GateRules, Margin
from governance.section import read_section

READ = ("tail_perplexity", "human_perplexity", "distinct_2", "distinct_3", "ngram_entropy")


def trial(seed: int, change: float, half: float) -> Trial:
    found = Comparison(change=change, low=change - half, high=change + half, se=half / 2, noise=0.004, n=200)
    every = dict.fromkeys(READ, found)
    return Trial(fault="human_only", seed=seed, cycle=1, verdict=Verdict.PASS, alarms=0, blocking=(), baseline=every, champion=every)


@settings(max_examples=25)
@given(readings=st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(0.001, 0.1)), min_size=1, max_size=40))
def test_what_was_known_good_is_inside_the_proposed_margins_and_half_a_percent_less_would_not_hold_it(
    readings: list[tuple[float, float]],
) -> None:
    margins = propose([trial(seed, *reading) for seed, reading in enumerate(readings)], GateRules())
    assert set(margins) == set(READ)
    one_sided, two_sided = margins["tail_perplexity"].margin_percent, margins["distinct_2"].margin_percent
    worst = max(100 * (change + half) for change, half in readings)
    widest = max(100 * (abs(change) + half) for change, half in readings)
    assert one_sided > worst
    assert one_sided == STEP_PERCENT or one_sided - STEP_PERCENT <= worst + 1e-9
    assert two_sided > widest
    assert two_sided == STEP_PERCENT or two_sided - STEP_PERCENT <= widest + 1e-9
    assert margins["tail_perplexity"].champion_step_percent == one_sided


def test_of_a_hundred_known_good_candidates_two_may_lie_outside() -> None:
    trials = [trial(seed, 0.0, 0.011 if seed > 1 else 0.2) for seed in range(100)]
    assert propose(trials, GateRules())["distinct_3"].margin_percent == 1.5
    assert propose(trials[:49], GateRules())["distinct_3"].margin_percent == 20.5


def test_a_gate_that_was_never_read_keeps_its_margin_and_what_the_policy_says_of_evidence_stays() -> None:
    own = GateRules(margins={"tail_perplexity": Margin(margin_percent=4.0, champion_step_percent=2.0, minimum_units=300)})
    assert propose([], own)["tail_perplexity"] == own.margins["tail_perplexity"]
    assert propose([trial(1, 0.0, 0.01)], own)["tail_perplexity"].minimum_units == 300


def test_the_lines_are_what_the_policy_reads_and_claim_nothing() -> None:
    margins = propose([trial(1, 0.004, 0.01)], GateRules())
    calibration = Calibration(margins=margins, chosen_on=(1,), proved=Drilled(lines=(), promises=(), trials=(), seeds=(2,)))
    section = tomllib.loads("\n".join(calibration.fragment()))["gates"]
    rules = read_section(GateRules, section, "policy.gates")
    assert rules.margins == margins
    assert rules.calibrated is False


def test_a_seed_is_not_used_to_choose_and_to_prove(tmp_path: Path) -> None:
    instruments = Instruments(plan=planted_language.PLAN, rules=GateRules())
    with pytest.raises(ValueError, match=r"\[3\] are also to prove on"):
        calibrate(planted_stock(), instruments, {}, choose=[1, 3], prove=[3], root=tmp_path, pairs=0, progress=lambda *_: None)


@pytest.mark.slow
def test_margins_of_the_planted_language_hold_on_seeds_that_did_not_choose_them(tmp_path: Path) -> None:
    faults = {name: replace(shipped_faults()[name], cycles=1, caught_by=1) for name in ("human_only", "replace_honest")}
    instruments = Instruments(plan=planted_language.PLAN, rules=GateRules())
    found = calibrate(
        planted_stock(),
        instruments,
        faults,
        choose=seeds_of(7, 4, "choose"),
        prove=seeds_of(7, 2, "prove"),
        root=tmp_path,
        pairs=0,
        progress=lambda *_: None,
    )
    assert found.proved.broken == ()
    assert found.margins["tail_perplexity"].margin_percent <= 5
    assert found.proved.seeds == seeds_of(7, 2, "prove")
