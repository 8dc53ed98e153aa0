"""Of several drafts the one nearest to people's text is taken, and nothing that a model thinks of it counts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.rejection import choose, similarity
from governance.provenance.synthesis import RejectionRules

REFERENCE = "the river rose over the old mill while people in the town slept and the bridge held until the morning came"
NEAR = "the river rose again and people in the town heard nothing while the bridge held"
FAR = "a parser reads tokens from a stream and returns a tree of nodes without comments"
THREE = RejectionRules(candidates=3)


def test_the_nearest_draft_is_taken_wherever_it_stands_and_the_others_are_counted():
    for place in range(3):
        tried = [FAR] * 3
        tried[place] = NEAR
        found = choose([tried], [REFERENCE], THREE)
        assert (found.accepted, found.rejected) == ((place,), {"another-was-nearer": 2})


def test_a_copy_of_the_reference_is_never_the_best_draft():
    found = choose([[REFERENCE, NEAR, FAR]], [REFERENCE], THREE)
    assert (found.accepted, found.rejected) == ((1,), {"another-was-nearer": 1, "copy-of-reference": 1})


def test_of_equals_the_first_is_taken():
    assert choose([[FAR, NEAR, NEAR]], [REFERENCE], THREE).accepted == (1,)


@pytest.mark.parametrize(
    ("reference", "rules", "reason"),
    [("", {}, "no-reference"), ("word", {}, "no-reference"), (REFERENCE, {"least_percent": 90}, "unlike-reference")],
)
def test_a_request_without_a_draft_that_can_be_accepted_gets_no_row(reference: str, rules: dict[str, Any], reason: str):
    found = choose([[NEAR, FAR, ""]], [reference], RejectionRules(candidates=3, **rules))
    assert (found.accepted, found.rejected, found.drafts_rejected) == ((None,), {reason: 3}, 3)


def test_one_candidate_without_a_limit_is_taken_as_it_is():
    assert choose([["anything"], [""]], [REFERENCE, ""], RejectionRules()).accepted == (0, 0)
    assert choose([[NEAR], [FAR]], [REFERENCE, REFERENCE], RejectionRules(least_percent=10)).accepted == (0, None)


TEXTS = st.lists(st.sampled_from(["the", "river", "rose", "over", "old", "mill", "people", "town", "slept"]), max_size=12).map(" ".join)


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=4), TEXTS, st.integers(0, 50))
def test_what_is_accepted_is_the_nearest_of_what_may_be_and_every_draft_is_accounted_for(
    drafts: list[list[str]], reference: str, least: int
):
    rules = RejectionRules(candidates=3, least_percent=least, most_copied_percent=100)
    found = choose(drafts, [reference] * len(drafts), rules)
    assert found.drafts_rejected + sum(place is not None for place in found.accepted) == 3 * len(drafts)
    for tried, place in zip(drafts, found.accepted, strict=True):
        scores = [similarity(text, reference) for text in tried]
        allowed = [score for score in scores if score * 100 >= least]
        if place is None:
            assert not allowed or len(reference.split()) < 2
        else:
            assert scores[place] == max(allowed)


@given(TEXTS, TEXTS)
def test_similarity_is_symmetric_and_one_only_for_the_same_pairs(one: str, other: str):
    assert similarity(one, other) == similarity(other, one)
    assert 0 <= similarity(one, other) <= 1
    if len(one.split()) > 1:
        assert similarity(one, one) == 1


@pytest.mark.parametrize("own", ["teacher-likelihood", "student-likelihood", "self", "judge-model", ""])
def test_no_score_of_a_model_can_be_configured(own: str):
    with pytest.raises(ValueError, match=r"only 'human-reference' is allowed \(R24"):
        RejectionRules(candidates=4, choose_by=own)


@pytest.mark.parametrize(("name", "value"), [("candidates", 0), ("candidates", 65), ("least_percent", 101), ("most_copied_percent", -1)])
def test_a_rule_that_cannot_be_is_refused_by_name(name: str, value: int):
    with pytest.raises(ValueError, match=f"{name}: {value}"):
        RejectionRules(**{name: value})
