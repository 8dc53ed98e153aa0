"""Human-only controls of the same cycle name the cause of a loss, and never change a verdict."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_measures import RULES, comparison, entry, measures, question

from governance.gates.decision import decide, shipped_gates
from governance.gates.matched import COLLAPSE, SHIFT, Matched, cause_of, matched_document, matched_of, matched_with

changes = st.floats(-0.5, 0.9, allow_nan=False)


def controls(*tails: float, **others: float):
    logs = {name: math.log1p(change) for name, change in others.items()}
    return matched_document(
        [{"seed": n, "checkpoint": f"c{n}", "readings": {"tail_perplexity": math.log1p(t), **logs}} for n, t in enumerate(tails)]
    )["controls"]


def lost(change: float, *rest):
    return measures(entry("tail_perplexity", baseline=comparison(change)), *rest)


def test_where_the_controls_moved_as_far_the_reason_is_shift_and_the_block_stands():
    decision = decide(**question(measures=lost(0.10), matched=controls(0.08, 0.10)))
    assert decision["verdict"] == "block"
    assert decision["cause"] == SHIFT
    assert decision["reason"].startswith("shift: tail perplexity")
    assert "moved as far in tail perplexity; the verdict stands" in decision["diagnosis"]
    assert decision["matched"][0]["control"] == pytest.approx(math.sqrt(1.08 * 1.10) - 1)


@pytest.mark.parametrize("control", [0.0, 0.04, -0.10], ids=["still", "inside the margin", "the other way"])
def test_where_they_did_not_the_reason_is_collapse(control: float):
    decision = decide(**question(measures=lost(0.10), matched=controls(control)))
    assert (decision["verdict"], decision["cause"]) == ("block", COLLAPSE)
    assert decision["reason"].startswith("collapse: ")


def test_a_shift_does_not_cover_what_was_lost_beyond_it():
    assert decide(**question(measures=lost(0.40), matched=controls(0.08)))["cause"] == COLLAPSE


def test_one_loss_that_the_controls_lack_is_a_collapse():
    both = lost(0.10, entry("distinct_2", baseline=comparison(-0.30), champion=comparison(-0.30)))
    decision = decide(**question(measures=both, matched=controls(0.09, distinct_2=-0.01)))
    assert decision["cause"] == COLLAPSE
    assert "did not move as far in distinct 2. Shift: " in decision["diagnosis"]


def test_without_controls_nobody_says_a_cause_and_a_pass_has_none():
    assert decide(**question(measures=lost(0.10)))["cause"] is None
    passed = decide(**question(matched=controls(0.30)))
    assert (passed["verdict"], passed["cause"]) == ("pass", None)
    assert [one["cause"] for one in passed["matched"]] == [None]


@given(changes, changes)
def test_controls_change_no_verdict(candidate: float, control: float):
    alone, beside = (decide(**question(measures=lost(candidate), matched=found)) for found in ((), controls(control)))
    assert beside["verdict"] == alone["verdict"]
    assert beside["gates"] == alone["gates"]
    assert beside["alarms"] == alone["alarms"]


@given(changes, changes, st.booleans())
def test_a_candidate_that_is_its_control_never_collapsed(change: float, limit: float, two_sided: bool):
    one = Matched(metric="m", candidate=change, control=change, controls=1, limit=abs(limit), two_sided=two_sided)
    assert one.cause in (None, SHIFT)


def test_a_decision_gives_back_what_it_was_told_and_an_older_one_nothing():
    found = matched_with({"tail_perplexity": 0.1}, [{"tail_perplexity": 0.1}], shipped_gates(), RULES)
    assert matched_of({"matched": [one.document() for one in found]}) == found
    assert matched_of({}) == ()
    assert cause_of(()) is None
