"""Two looks: how the error is parted, what is held back, and how often a candidate at the margin passes at either of them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from planted_measures import RULES, comparison, entry, measures, question
from scipy import stats

from governance.collapse.intervals import compare_logs
from governance.gates.bounds import Bound, judge_comparison
from governance.gates.decision import decide
from governance.gates.extension import ExtensionRules, at_look
from governance.gates.gate import Verdict
from governance.provenance.corpus.shares import Counted

TWO = ExtensionRules(allowed=True)
FIRST, SECOND = None, {"of": "c" * 64, "number": 2, "version": 2, "checkpoint": "k"}
BOUND = Bound(
    metric="tail_perplexity",
    title="tail perplexity",
    unit="documents",
    against="baseline",
    limit=0.05,
    two_sided=False,
    minimum_units=100,
    power=0.8,
)


def test_with_one_look_nothing_is_parted():
    metrics = {"m": entry("m")}
    assert at_look(metrics, ExtensionRules(), FIRST) is metrics
    assert decide(**question())["look"] is None


@pytest.mark.parametrize(("extension", "alpha"), [(FIRST, 0.02), (SECOND, 0.03)])
def test_a_look_has_the_bounds_of_its_part_of_the_error(extension, alpha):
    rules = replace(TWO, first_look_alpha_percent=2.0)
    level = compare_logs(0.01, 0.004, 0.003, units=200, degrees=199).document()
    found = at_look({"m": entry("m", baseline=level)}, rules, extension)["m"]["against"]["baseline"]
    assert found["change"] == level["change"]
    assert found["high"] == pytest.approx(math.expm1(0.01 + stats.t.isf(alpha, 199) * 0.005), rel=1e-3)
    assert found["low"] == pytest.approx(math.expm1(0.01 - stats.t.isf(alpha, 199) * 0.005), rel=2e-3)


def test_what_was_not_compared_stays_as_it_is():
    gone = {"change": None, "reason": "gone"}
    assert at_look({"m": entry("m", baseline=gone)}, TWO, FIRST)["m"]["against"]["baseline"] == gone


def test_a_pass_of_one_look_may_be_none_of_the_first_of_two_and_the_decision_says_which_look_it_was():
    close = measures(entry("tail_perplexity", baseline=comparison(0.043, 0.0065)))
    assert decide(**question(measures=close))["verdict"] == "pass"
    rules = replace(RULES, extension=TWO)
    first = decide(**question(measures=close, rules=rules))
    assert (first["verdict"], first["look"]) == ("inconclusive", {"number": 1, "alpha_percent": 2.5, "final": False})
    assert decide(**question(measures=close, rules=rules, extension=SECOND))["look"] == {"number": 2, "alpha_percent": 2.5, "final": True}


def test_about_the_named_share_of_documents_is_held_back_and_always_the_same():
    names = [f"document-{i}" for i in range(4000)]
    for percent in (0, 30, 80):
        rules = replace(TWO, reserve_percent=percent)
        held = [rules.holds_back(name) for name in names]
        assert held == [rules.holds_back(name) for name in names]
        assert abs(sum(held) - 40 * percent) < 120


def test_a_reading_of_a_part_is_named_otherwise_than_one_of_the_whole():
    assert TWO.label("t") != "t"
    assert replace(TWO, reserve_percent=0).label("t") == ExtensionRules().label("t") == "t"


@pytest.mark.parametrize(
    "wrong", [{"reserve_percent": 81}, {"more_draws": 0}, {"first_look_alpha_percent": 5.0}, {"first_look_alpha_percent": 0}]
)
def test_an_extension_that_leaves_a_look_nothing_is_none(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ExtensionRules(**wrong)


def passes(seed, truth, noise=0.0, rules=TWO):
    """Of one candidate: whether it passes the first look on half of 400 documents, and, where that decides nothing, the second on all."""
    rng = np.random.Generator(np.random.Philox(seed))
    logs = rng.normal(math.log1p(truth) + rng.normal(0, noise), 0.2, 400)
    for extension, seen in ((FIRST, logs[:200]), (SECOND, logs)):
        n = len(seen)
        level = compare_logs(float(seen.mean()), float(seen.std(ddof=1)) / math.sqrt(n), noise, units=n, degrees=n - 1)
        found = at_look({"m": entry("m", baseline=level.document())}, rules, extension)["m"]["against"]["baseline"]
        verdict = judge_comparison(BOUND, type(level).from_document(found)).verdict
        if verdict is not Verdict.INCONCLUSIVE:
            return verdict is Verdict.PASS
    return False


@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_a_candidate_at_the_margin_passes_at_either_look_in_at_most_five_of_a_hundred(noise):
    passed = sum(passes(seed, 0.05, noise) for seed in range(3000))
    assert passed / 3000 >= 0.03
    assert Counted(hits=passed, rows=3000).interval[1] <= 0.05


def test_two_looks_with_the_whole_error_each_would_break_the_promise():
    passed = sum(passes(seed, 0.05, rules=ExtensionRules()) for seed in range(3000))
    assert Counted(hits=passed, rows=3000).interval[0] > 0.05
