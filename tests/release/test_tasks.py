"""Task scores: whose they are, which way is better, and how surely two of them differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.release.tasks import HIGHER, LOWER, TaskScore, TaskScores, difference, surely_worse, tasks_document
from governance.stages.closure import closure
from governance.stages.gate_version import CODE
from governance.stages.table import STAGES, code_of

A, B, C = "a" * 64, "b" * 64, "c" * 64
MODELS = {"candidate": A, "champion": B, "baseline": None}


def scored(checkpoint=A, task="arc", score=0.5, **more):
    return TaskScore(checkpoint=checkpoint, task=task, score=score, **more)


def document(*scores):
    return tasks_document(TaskScores(scores=scores, file="scores.json", sha256="f" * 64), MODELS, "d" * 64)


def test_the_interval_of_a_difference_is_newcombes():
    """Newcombe 1998, Statistics in Medicine 17, table II: 56 of 70 and 48 of 80, method 10."""
    found = difference(scored(score=56 / 70, questions=70), scored(B, score=48 / 80, questions=80))
    assert [round(found[name], 4) for name in ("difference", "low", "high")] == [0.2, 0.0524, 0.3339]


@given(st.integers(1, 500), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_an_interval_holds_its_difference_and_turns_round_with_it(ours, theirs, mine, other):
    one, two = scored(score=round(mine * ours) / ours, questions=ours), scored(B, score=round(other * theirs) / theirs, questions=theirs)
    there, back = difference(one, two), difference(two, one)
    assert -1 - 1e-9 <= there["low"] <= there["difference"] <= there["high"] <= 1 + 1e-9
    assert (there["low"], there["high"]) == pytest.approx((-back["high"], -back["low"]))


def test_a_score_that_is_no_share_of_questions_has_no_interval():
    assert difference(scored(score=31.5), scored(B, score=30.0)) == {"difference": 1.5, "low": None, "high": None}


@pytest.mark.parametrize(("better", "mine", "theirs", "worse"), [(HIGHER, 0.3, 0.6, 1), (HIGHER, 0.6, 0.3, 0), (LOWER, 0.6, 0.3, 1)])
def test_worse_is_said_where_the_whole_interval_says_it_in_the_tasks_own_direction(better, mine, theirs, worse):
    found = document(scored(score=mine, questions=400, better=better), scored(B, score=theirs, questions=400, better=better))
    assert len(surely_worse(found)) == worse
    few = document(scored(score=mine, questions=4, better=better), scored(B, score=theirs, questions=4, better=better))
    assert surely_worse(few) == []


def test_scores_go_to_the_model_whose_bytes_were_scored_and_to_no_other():
    found = document(scored(score=0.4), scored(B, score=0.5), scored(C, score=0.9), scored(B, task="only-champion", score=0.2))
    assert [task["task"] for task in found["tasks"]] == ["arc", "only-champion"]
    assert found["tasks"][0]["scores"] == {"candidate": 0.4, "champion": 0.5}
    assert found["tasks"][0]["against"]["champion"]["difference"] == pytest.approx(-0.1)
    assert found["tasks"][1]["against"] == {}


def test_scores_of_other_models_alone_are_none_of_the_candidate():
    found = document(scored(B, score=0.5))
    assert (found["given"], found["reason"]) == (False, "scores.json has no score of checkpoint aaaaaaaaaaaa")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"score": float("nan")}, "score: nan is no finite number"),
        ({"score": 31.5, "questions": 100}, "questions: 100 with a score of 31.5"),
        ({"questions": 0}, "questions: 0"),
        ({"task": "a b"}, "task: is no name"),
        ({"task": "x" * 81}, "task: is no name"),
        ({"checkpoint": "latest"}, "checkpoint: is no sha256"),
        ({"better": "up"}, "better: 'up' is neither"),
    ],
)
def test_a_score_that_says_nothing_cannot_be_made(changes, said):
    with pytest.raises(ValueError, match=said):
        scored(**changes)


@pytest.mark.parametrize(
    ("second", "said"), [(scored(score=0.6), "arc of checkpoint aaaaaaaaaaaa is scored twice"), (scored(B, better=LOWER), "better higher")]
)
def test_two_scores_that_contradict_each_other_are_refused(second, said):
    with pytest.raises(ValueError, match=said):
        document(scored(), second)


def test_no_stage_and_no_gate_reads_a_task_score():
    """A verdict is made by code that does not know them: neither the gate's version nor a stage has the module in its closure."""
    read = {*closure(CODE), *(name for stage in STAGES for name in code_of(stage))}
    assert "governance.gates.decision" in read
    assert not [name for name in read if "task" in name]
