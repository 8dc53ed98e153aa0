"""The decision table speaks of this workspace: with nothing known, with a batch, and after a decline."""

from dataclasses import replace

from test_controller import cycle

from governance.advice.approaches import ADVISED, IN_FORCE, NEVER, POSSIBLE, REFUSED, Approach, approaches, notes
from governance.advice.facts import Batch, Champion, Facts
from governance.mixing.rules import MixRules

NOTHING = Facts(mixing=MixRules(), start="champion", promotion="auto")
BATCH = Batch(
    cycle=3,
    human_rows=100,
    human_tokens=6_500,
    synthetic_rows=50,
    synthetic_tokens=3_500,
    anchor_tokens=1_800,
    anchor_repeats=137,
    headroom_tokens=0,
    held_back=900,
    unknown_vintage=30,
    admitted=150,
)
KNOWN = replace(
    NOTHING,
    batch=BATCH,
    champion=Champion(version=2, synthetic_tokens=100, total_tokens=50_000, depth=1),
    history=(cycle(2),),
    minutes_per_row=3.0,
    tail_documents=189,
)


def table(facts: Facts) -> dict[str, Approach]:
    return {approach.name: approach for approach in approaches(facts)}


def test_all_six_are_there_before_any_cycle_ran_and_say_what_is_not_known():
    found = table(NOTHING)
    assert list(found) == ["human only", "bootstrap and review", "self-training", "anchors and cap", "bigger model", "retrieval (RAG)"]
    assert "not known" in found["human only"].costs
    assert found["anchors and cap"].here == "no batch was planned yet"


def test_costs_are_in_tokens_rows_and_hours_of_this_workspace():
    found = table(KNOWN)
    assert found["human only"].costs == "3,500 tokens of human text instead, about 54 rows, 2.7 hours of people"
    assert "50 synthetic rows, 2.5 hours" in found["bootstrap and review"].costs
    assert "shown 1.37 times" in found["anchors and cap"].costs
    assert "35.0 % of 35 %" in found["anchors and cap"].here
    assert "20.0 % of the last batch's rows" in found["retrieval (RAG)"].here
    assert "hours not known (advice.minutes_per_row)" in table(replace(KNOWN, minutes_per_row=None))["human only"].costs


def test_a_bigger_model_is_never_a_remedy_and_self_training_is_refused_by_default():
    for facts in (NOTHING, KNOWN):
        assert table(facts)["bigger model"].stance == NEVER
        assert table(facts)["bigger model"].settings == ()
        assert table(facts)["self-training"].stance == REFUSED
    assert table(KNOWN)["self-training"].here == "its own text would be 2 models deep"
    assert table(replace(KNOWN, mixing=MixRules(self_generated="admit")))["self-training"].stance == IN_FORCE


def test_a_decline_turns_the_advice_to_human_text_and_says_that_the_cap_did_not_hold():
    declined = replace(KNOWN, history=(cycle(2), cycle(3, 0.03)))
    found = table(declined)
    assert (table(KNOWN)["human only"].stance, found["human only"].stance) == (POSSIBLE, ADVISED)
    assert "it did not hold: tail perplexity moved +3.0 %" in found["anchors and cap"].here
    assert any('training.start = "base"' in note for note in notes(declined))


def test_notes_name_tails_tasks_teachers_and_preference_tuning():
    said = " ".join(notes(replace(KNOWN, sharpened_teacher=True)))
    for words in ("189 tail documents where 500", "may teach every task", "decoding is sharpened", "preference tuning"):
        assert words in said
    assert "every task" not in " ".join(notes(replace(KNOWN, mixing=MixRules(synthetic_tasks=("headline",)))))
