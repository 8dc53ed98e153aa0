"""The rule over cycles: what a level may be before it is no chance any more, and how often it errs on chains of promoted releases."""

import math
from dataclasses import replace

import pytest
from chains import APART, WALK, Chain, alarmed
from planted_measures import RULES, comparison, entry, measures, question
from scipy import stats

from governance.gates.decision import decide
from governance.gates.margins import GateRules
from governance.gates.sequential import looks
from governance.provenance.corpus.shares import Counted

DEMO, PLANNED = {"tail": 371, "human": 300}, {"tail": 500, "human": 500}
MEASURED_SD = 0.042
"""Sd of a document's change in the demo: tail -1.4 % [-2.2, -0.7] on 371 sources with 0.4 % retrain noise (docs/demo.md)."""


def releases(*changes):
    levels = ({"bits_per_byte": 1.5, "against_baseline": comparison(change)} for change in changes)
    return {"baseline": "b", "releases": [{"levels": {"tail_perplexity": level}} for level in levels]}


def look_at(change, history=None, noise=0.0):
    level = {"change": change, "low": change, "high": change, "se": 0.003, "noise": noise, "n": 400}
    return looks({"tail_perplexity": entry("tail_perplexity", baseline=level)}, history, RULES)


def test_a_level_is_held_against_what_one_of_twelve_looks_may_spend():
    (look,) = look_at(0.01)
    assert look.limit == pytest.approx(math.expm1(stats.t.isf(0.05 / 12, 399) * 0.003), rel=2e-3)
    assert not look_at(look.limit)[0].alarmed
    assert look_at(look.limit + 1e-9)[0].alarmed
    assert not look_at(-0.2)[0].alarmed


def test_what_retrains_differ_by_counts_once_for_every_retraining_since_the_baseline():
    alone, third = look_at(0.0, noise=0.002)[0], look_at(0.0, releases(0.001, 0.002), noise=0.002)[0]
    assert (alone.retrainings, third.retrainings) == (1, 3)
    assert third.se**2 == pytest.approx(0.003**2 + 2 * 0.002**2)
    assert third.before == (0.001, 0.002)


def test_a_level_that_was_never_compared_is_not_looked_at():
    assert looks({"tail_perplexity": entry("tail_perplexity", baseline={"change": None, "reason": "gone"})}, None, RULES) == ()
    assert looks({}, releases(0.01), RULES) == ()


def test_an_alarm_says_the_course_and_blocks_only_where_policy_says_so():
    risen = measures(entry("tail_perplexity", baseline=comparison(0.03, 0.002)))
    said = decide(**question(measures=risen, history=releases(0.01, 0.02)))
    assert said["verdict"] == "pass"
    assert any("stands +3.0 % against the baseline after +1.0 %, +2.0 %" in alarm for alarm in said["alarms"])
    assert said["sequential"][0]["alarmed"]
    strict = decide(**question(measures=risen, history=releases(0.01, 0.02), rules=replace(RULES, sequential_blocks=True)))
    assert strict["verdict"] == "block"
    assert strict["gates"][-1]["gate"] == "tail_perplexity_level"


def test_a_founding_cycle_has_no_level():
    founding = {"kind": "founding", "champion": None, "baseline": None}
    assert decide(**question(**founding))["sequential"] == []


@pytest.mark.parametrize("wrong", [{"sequential_cycles": 0}, {"sequential_alpha_percent": 0}, {"sequential_alpha_percent": math.nan}])
def test_a_rule_without_error_or_without_cycles_is_no_rule(wrong):
    with pytest.raises(ValueError, match="sequential"):
        GateRules(**wrong)


def ever(runs, cycles, **truth):
    """Of so many chains: how many were ever alarmed, and how many were alarmed or not promoted at least once."""
    alarms = caught = 0
    for seed in range(runs):
        chain = Chain(seed=seed, **truth)
        decisions = [chain.cycle() for _ in range(cycles)]
        alarms += any(alarmed(one) for one in decisions)
        caught += any(alarmed(one) or one["verdict"] != "pass" for one in decisions)
    return alarms, caught


@pytest.mark.slow
@pytest.mark.parametrize("drift", [WALK, APART])
@pytest.mark.parametrize(("documents", "sd"), [(DEMO, MEASURED_SD), (PLANNED, MEASURED_SD), (PLANNED, 0.1)])
def test_twelve_cycles_without_a_loss_are_ever_alarmed_in_at_most_five_of_a_hundred_chains(documents, sd, drift):
    alarms, _ = ever(400, 12, documents=documents, sd=sd, drift=drift)
    assert Counted(hits=alarms, rows=400).interval[1] <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("drift", [WALK, APART])
@pytest.mark.parametrize(("documents", "sd", "least"), [(DEMO, MEASURED_SD, 0.95), (PLANNED, MEASURED_SD, 0.95), (PLANNED, 0.1, 0.9)])
def test_a_leak_of_one_percent_a_cycle_is_alarmed_or_not_promoted_by_cycle_five(documents, sd, least, drift):
    _, caught = ever(400, 5, documents=documents, sd=sd, drift=drift, leak=0.01)
    assert Counted(hits=caught, rows=400).interval[0] >= least
