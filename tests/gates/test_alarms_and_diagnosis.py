"""What a reviewer is told beside the verdict."""

import pytest
from planted_measures import RULES, comparison, entry, measures, question

from governance.gates.alarms import slice_readings, slices_beyond
from governance.gates.decision import decide
from governance.gates.margins import GateRules


def sliced(**slices):
    return measures(entry("tail_perplexity") | {"slices": slices})


def by_name(document):
    return {e["name"]: e for e in document["metrics"]}


def test_human_perplexity_up_while_training_rows_are_flat_is_an_alarm_of_its_own():
    apart = measures(entry("human_perplexity", baseline=comparison(0.02, 0.005)), entry("training_perplexity", baseline=comparison(-0.03)))
    decision = decide(**question(measures=apart))
    assert decision["verdict"] == "pass"
    assert any("human perplexity rose +2.0 % while that of the training rows moved -3.0 %" in alarm for alarm in decision["alarms"])
    assert decision["diagnosis"].startswith("Overfitting")


def test_a_loss_of_all_human_text_is_not_called_overfitting():
    both = measures(entry("human_perplexity", baseline=comparison(0.2)), entry("training_perplexity", baseline=comparison(0.18)))
    assert decide(**question(measures=both))["diagnosis"].startswith("Collapse or shift")


def test_a_loss_of_tails_alone_is_early_collapse():
    early = measures(entry("tail_perplexity", baseline=comparison(0.04)), entry("distinct_2", baseline=comparison(-0.05)))
    said = decide(**question(measures=early))["diagnosis"]
    assert said.startswith("Early collapse")
    assert said.endswith("less varied.")


def test_without_scores_of_training_rows_the_two_are_not_told_apart():
    unknown = measures(entry("human_perplexity", baseline=comparison(0.2)), entry("training_perplexity", baseline=None))
    assert "cannot be told apart" in decide(**question(measures=unknown))["diagnosis"]


def test_garbage_is_said_to_be_varied():
    noisy = measures(entry("distinct_2", baseline=comparison(0.3)))
    assert "garbage" in decide(**question(measures=noisy))["diagnosis"]


def test_nothing_measured_is_nothing_said():
    nothing = measures(entry("tail_perplexity", baseline=None), entry("human_perplexity", baseline=None))
    assert decide(**question(measures=nothing))["diagnosis"].startswith("Nothing to compare with")


def test_a_slice_surely_beyond_its_margin_is_an_alarm_and_the_worst_is_named():
    decision = decide(
        **question(measures=sliced(law=comparison(0.3, 0.05, 40), sport=comparison(0.01, 0.05, 40), tiny={"change": None, "reason": "x"}))
    )
    assert decision["verdict"] == "pass"
    assert decision["worst_slice"]["slice"] == "law"
    assert len(decision["alarms"]) == 1
    assert "slice 'law' moved +30.0 %" in decision["alarms"][0]


def test_policy_may_let_such_a_slice_block():
    bad = sliced(law=comparison(0.3, 0.05, 40))
    assert decide(**question(measures=bad, rules=GateRules(slices_block=True)))["verdict"] == "block"
    assert decide(**question(rules=GateRules(slices_block=True)))["verdict"] == "pass"


def test_holm_asks_more_of_one_slice_among_many():
    suspect = {"odd": comparison(0.16, 0.05, 60)}
    calm = {f"s{i}": comparison(0.0, 0.05, 60) for i in range(30)}
    alone, among = (by_name(sliced(**slices)) for slices in (suspect, suspect | calm))
    assert [r.slice for r in slices_beyond(slice_readings(alone, "tail_perplexity"), 0.1)] == ["odd"]
    assert slices_beyond(slice_readings(among, "tail_perplexity"), 0.1) == ()


@pytest.mark.parametrize(("change", "alarmed"), [(0.11, True), (0.09, False)])
def test_a_slice_without_any_error_is_judged_by_its_change(change, alarmed):
    sure = by_name(sliced(law=comparison(change, 0.0)))
    assert bool(slices_beyond(slice_readings(sure, "tail_perplexity"), RULES.slice_margin_percent / 100)) is alarmed


def test_a_start_that_was_tuned_on_preferences_is_said_and_changes_no_verdict():
    plain, tuned = question(), question()
    tuned["lineage"] = {**tuned["lineage"], "preference_tuned": "README.md of the start says dpo"}
    one, other = decide(**plain), decide(**tuned)
    assert (one["verdict"], one["gates"]) == (other["verdict"], other["gates"])
    assert one["preference_tuned"] is None
    assert other["preference_tuned"] == "README.md of the start says dpo"
    assert other["alarms"] == [
        *one["alarms"],
        "the start was tuned on preferences, README.md of the start says dpo: "
        "reward models prefer modes, so it may have been narrow before this line began",
    ]
    assert other["diagnosis"].startswith(one["diagnosis"])
    assert other["diagnosis"].endswith("reward models prefer modes, so it may have been narrow before this line began.")
