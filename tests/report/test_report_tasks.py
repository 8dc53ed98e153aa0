"""Task scores stand in the report beside the gates; absent ones are said to be absent; and no number of a gate knows of them."""

import re
from pathlib import Path

import pytest
from cycle_on_disk import SHA

from governance.adapters.report.candidate import build_candidate
from governance.adapters.report.documents import read_cycle
from governance.adapters.report.numbers import MINUS, MISSING
from governance.adapters.report.page import render
from governance.adapters.report.tasks import DONE_WORSE, task_lines
from governance.digest import read_document, write_document
from governance.gates.meanings import MEANINGS
from governance.release.tasks import TaskScore, TaskScores, tasks_document, tasks_not_given

OURS = "a" * 64


def given(folder: Path, *scores: tuple[str, float, float]) -> Path:
    """tasks.json of a cycle, of 400 questions each: task, the candidate's score, the champion's."""
    told = [TaskScore(checkpoint=OURS, task=task, score=mine, questions=400) for task, mine, _ in scores]
    told += [TaskScore(checkpoint=SHA["start"], task=task, score=theirs, questions=400) for task, _, theirs in scores]
    found = TaskScores(scores=tuple(told), file="scores.json", sha256="f" * 64)
    models = {"candidate": OURS, "champion": SHA["start"], "baseline": None}
    write_document(folder / "tasks.json", tasks_document(found, models, "d" * 64))
    return folder


def plain(text: str) -> str:
    """One line, with the signs that a keyboard has."""
    return " ".join(text.replace(MINUS, "-").replace(MISSING, "none").split())


def text_of(folder: Path) -> str:
    return plain(re.sub(r"<style.*?</style>|<[^>]+>", " ", render(read_cycle(folder)), flags=re.DOTALL))


def test_scores_stand_between_the_gates_and_the_rest_with_their_differences(passed: Path) -> None:
    text = text_of(given(passed, ("arc-easy", 0.41, 0.43)))
    assert text.index("Gates") < text.index("Your own tasks") < text.index("What it was trained on")
    assert "arc-easy 400 questions 0.41 0.43 none -0.02 [-0.0879, +0.0482] none" in text
    assert "your own benchmarks: 1 tasks above; they excuse nothing and stop nothing" in text


def test_a_task_that_is_surely_worse_is_said_in_words_and_one_that_may_be_is_not(passed: Path) -> None:
    text = text_of(given(passed, ("arc-easy", 0.41, 0.43), ("gsm8k", 0.10, 0.43)))
    assert "Surely worse gsm8k against the champion" in text
    assert "arc-easy against" not in text


@pytest.mark.parametrize("why", ["", "scores.json: is no JSON: <script>"])
def test_absent_scores_are_said_to_be_absent_and_why(passed: Path, why: str) -> None:
    if why:
        write_document(passed / "tasks.json", tasks_not_given(why, {"candidate": OURS}, "d" * 64))
    page, reason = render(read_cycle(passed)), why or "heirloom.toml names no file of task scores"
    assert "<script" not in page
    text = text_of(passed).replace("&lt;", "<").replace("&gt;", ">")
    assert f"Not given: {reason}" in text
    assert f"{DONE_WORSE} not in the verdict no scores of your own benchmarks were given: {reason}" in text


def test_the_sentence_on_tasks_is_the_one_that_the_meanings_have() -> None:
    assert [meaning.words for meaning in MEANINGS].count(DONE_WORSE) == 1


def test_the_registry_gets_scores_and_differences_as_metrics_and_the_document(passed: Path) -> None:
    candidate = build_candidate(given(passed, ("arc-easy", 0.41, 0.43)))
    found = {name: value for name, value in candidate.metrics.items() if name.startswith("task.")}
    assert found == {"task.arc-easy": 0.41, "task.arc-easy.minus_champion": pytest.approx(-0.02)}
    assert read_document(candidate.artifacts["review/tasks.json"])["given"] is True
    assert "arc-easy 0.41 (-0.02 [-0.0879, +0.0482] against champion)" in plain(candidate.description).replace("\\", "")


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_however_good_or_bad_they_are_every_gate_and_the_verdict_read_as_without_them(blocked: Path, score: float) -> None:
    def gates() -> str:
        page = render(read_cycle(blocked))
        return page[page.index("<header") : page.index("<h2>Your own tasks")]

    before = gates()
    given(blocked, *((f"task-{n}", score, 0.5) for n in range(60)))
    assert gates() == before
    assert "20 more tasks are in tasks.json" in text_of(blocked)


def test_a_terminal_says_the_same(passed: Path) -> None:
    lines = task_lines(read_cycle(given(passed, ("gsm8k", 0.10, 0.43))).tasks)
    assert lines[0] == "Own tasks (they decide nothing):"
    assert plain(lines[1]) == "gsm8k 0.1 -0.33 [-0.385, -0.272] against champion"
    assert lines[2] == "  Surely worse: gsm8k against the champion."
    assert task_lines(None) == ["Own tasks: not given (heirloom.toml names no file of task scores)."]
