"""Retrain noise: pooled over controls that differ in seed alone, with no more certainty than their number gives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_probe import HUMAN, PLAN, probe

from governance.collapse.intervals import compare_logs, t_quantile
from governance.collapse.noise import Noise, assumed, effective_degrees, pooled
from governance.collapse.report import measure_evidence

readings = st.lists(st.floats(-0.1, 0.1), min_size=1, max_size=6)


def named(*groups):
    return [{f"g{place}-{n}": value for n, value in enumerate(group)} for place, group in enumerate(groups)]


def test_the_pooled_noise_is_the_root_of_squares_within_groups_over_their_degrees():
    found = pooled(named((0.01, 0.03), (1.0, 1.0, 1.04, 1.0), (5.0, 5.02)))
    within = (2 * 0.01**2) + (0.03**2 + 3 * 0.01**2) + (2 * 0.01**2)
    assert found.degrees == 5
    assert found.sd == pytest.approx(math.sqrt(within / 5), rel=1e-9)
    assert len(found.controls) == 8


@given(groups=st.lists(readings, max_size=6), shifts=st.lists(st.floats(-5, 5), min_size=6, max_size=6))
def test_what_differs_between_groups_is_no_noise(groups, shifts):
    moved = [[value + shift for value in group] for group, shift in zip(groups, shifts, strict=False)]
    plain, other = pooled(named(*groups)), pooled(named(*moved))
    assert (plain is None) == (other is None)
    if plain and other:
        assert other.sd == pytest.approx(plain.sd, abs=1e-9)


def test_four_degrees_of_freedom_leave_the_value_of_the_policy():
    assert pooled(named((0.1, 0.2, 0.3), (0.1, 0.2, 0.3), (0.7,))) is None
    assert assumed(0.4).assumed
    assert assumed(0.4).sd == pytest.approx(0.004)


@given(se=st.floats(0, 1), sd=st.floats(0, 1), degrees=st.integers(5, 500), own=st.integers(5, 50))
def test_degrees_together_lie_between_the_fewer_and_the_sum(se, sd, degrees, own):
    found = effective_degrees(se, degrees, Noise(sd=sd, degrees=own))
    assert min(degrees, own) <= found <= degrees + own
    assert effective_degrees(se, degrees, Noise(sd=sd)) == degrees


def test_six_controls_are_less_sure_than_an_assumed_value_of_the_same_size():
    measured = compare_logs(0.0, 0.0, Noise(sd=0.01, degrees=5), units=300, degrees=299)
    taken = compare_logs(0.0, 0.0, 0.01, units=300, degrees=299)
    assert math.log1p(measured.high) == pytest.approx(0.01 * t_quantile(0.95, 5))
    assert measured.high > taken.high


def test_intervals_with_pooled_noise_hold_the_truth_as_often_as_promised():
    """The candidate's own retraining and six controls draw from one law; documents are many, so that noise is all there is."""
    rng, misses, runs = np.random.Generator(np.random.Philox(11)), 0, 4000
    for _ in range(runs):
        draws = rng.normal(0.0, 0.006, 7)
        noise = pooled(named(draws[:6]))
        found = compare_logs(draws[6] + rng.normal(0.0, 0.002), 0.002, noise, units=400, degrees=399)
        misses += found.high < 0
    assert 0.04 <= misses / runs <= 0.06


def test_each_metric_takes_its_own_noise_and_the_document_says_which_are_assumed():
    measured = Noise(sd=0.03, degrees=7, controls=("a", "b"))
    document = measure_evidence(probe(), HUMAN, PLAN, 7, noises={"tail_perplexity": measured})
    entries = {entry["name"]: entry for entry in document["metrics"]}
    assert entries["tail_perplexity"]["retrain_noise"] == {"sd": 0.03, "degrees": 7, "controls": ["a", "b"], "assumed": False}
    assert entries["human_perplexity"]["retrain_noise"] == {"sd": 0.004, "degrees": None, "controls": [], "assumed": True}
    assert entries["tail_perplexity"]["against"]["baseline"]["noise"] == 0.03
    assert entries["human_perplexity"]["against"]["baseline"]["noise"] == 0.004
    assert Noise.from_document(measured.document()) == measured


@pytest.mark.parametrize("wrong", [{"sd": math.nan}, {"sd": -0.1}, {"sd": 0.1, "degrees": 4}])
def test_a_noise_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"sd|degrees"):
        Noise(**wrong)
