"""Rates and means with each group left out are those of leaving it out and counting again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collapse.evidence import Unmeasured
from governance.collapse.rates import mean_of, numbered, smoothed_rate
from governance.collapse.sampled import LeftOut

UNITS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), min_size=12, max_size=30)


@given(UNITS)
def test_leaving_a_group_out_is_counting_without_it(units):
    groups = np.arange(len(units)) % 6
    tried = np.array([trials for _, trials in units], dtype=float)
    hits = np.minimum(np.array([count for count, _ in units], dtype=float), tried)
    rate, mean = smoothed_rate(hits, tried, groups), mean_of(hits, tried, groups)
    assert isinstance(rate, LeftOut)
    assert not isinstance(mean, Unmeasured)
    assert rate.value == pytest.approx((hits.sum() + 0.5) / (tried.sum() + 1))
    assert mean[0] == pytest.approx(hits.sum() / tried.sum())
    for group in range(6):
        kept = groups != group
        assert rate.without[group] == pytest.approx((hits[kept].sum() + 0.5) / (tried[kept].sum() + 1))
        assert mean[1][group] == pytest.approx(hits[kept].sum() / tried[kept].sum())


def test_five_groups_make_no_interval():
    ones = np.ones(10)
    for found in (smoothed_rate(ones, ones, np.arange(10) % 5), mean_of(ones, ones, np.arange(10) % 5)):
        assert isinstance(found, Unmeasured)
        assert "5 independent units" in found.reason


def test_names_are_numbered_in_their_order():
    assert numbered(("b", "a", "b", "c")).tolist() == [1, 0, 1, 2]
