"""Drift against the batch before: nothing moves between equal batches, and each kind of broken export moves its own number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.last_batch import MEDIAN, LastBatch, drift_since

STILL = {"human_points": 0, "slices_gone": 0, "slice_drift": 0, "median_percent": 0}
counts = st.dictionaries(st.sampled_from(("human", "model", "hybrid")), st.integers(0, 500), max_size=3)
batches = st.dictionaries(st.sampled_from(("news", "essays", "regional", "sport")), counts, max_size=4)
medians = st.integers(0, 10_000)


@given(by_slice=batches, median=medians)
def test_a_batch_that_is_like_the_last_one_has_not_moved(by_slice, median):
    assert drift_since(LastBatch(cycle=1, by_slice=by_slice, median=median), by_slice, median) == STILL


@given(one=batches, other=batches, median=medians, before=medians)
def test_drift_is_never_negative_and_only_what_is_gone_depends_on_which_came_first(one, other, median, before):
    there = drift_since(LastBatch(cycle=1, by_slice=one, median=before), other, median)
    back = drift_since(LastBatch(cycle=1, by_slice=other, median=median), one, before)
    assert min(there.values()) >= 0
    assert {**there, "slices_gone": 0} == {**back, "slices_gone": 0}
    assert there["human_points"] <= 100
    assert there["median_percent"] <= 100


@given(by_slice=batches, median=medians)
def test_the_first_batch_and_an_empty_one_are_held_against_nothing(by_slice, median):
    assert drift_since(None, by_slice, median) == STILL
    assert drift_since(LastBatch(cycle=1, by_slice=by_slice, median=median), {}, 0) == STILL


@pytest.mark.parametrize(
    ("now", "median", "moved"),
    [
        ({"news": {"human": 10, "model": 90}, "essays": {"human": 100}}, 100, {"human_points": 20}),
        ({"news": {"human": 50, "model": 50}}, 100, {"human_points": 25, "slices_gone": 1, "slice_drift": 367}),
        ({"news": {"human": 50, "model": 50}, "essays": {"human": 100}}, 30, {"median_percent": 70}),
        ({"news": {"human": 50, "model": 50}, "essays": {"human": 100}}, 0, {}),
    ],
)
def test_each_kind_of_broken_export_moves_its_own_number(now, median, moved):
    last = LastBatch(cycle=3, by_slice={"news": {"human": 50, "model": 50}, "essays": {"human": 100}}, median=100)
    found = drift_since(last, now, median)
    assert {name for name, value in found.items() if value} == set(moved)
    assert all(found[name] == value for name, value in moved.items() if name != "slice_drift")


def test_a_slice_of_a_few_rows_may_be_absent_by_chance():
    last = LastBatch(cycle=1, by_slice={"news": {"human": 500}, "chess": {"human": 19}, "opera": {"human": 20}})
    assert drift_since(last, {"news": {"human": 500}}, 0)["slices_gone"] == 1


def test_it_is_read_from_an_audit_and_survives_its_document():
    audit = {"by_slice": {"news": {"human": 3}}, "expectations": [{"name": "other", "observed": 1}, {"name": MEDIAN, "observed": 120}]}
    last = LastBatch.of_audit(4, audit)
    assert (last.cycle, last.median) == (4, 120)
    assert LastBatch.from_document(last.document()) == last
    assert LastBatch.from_document(None) is None
    assert LastBatch.of_audit(4, {**audit, "expectations": [{"name": MEDIAN, "observed": None}]}).median == 0
