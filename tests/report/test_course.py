"""The report's look back and its limits: releases since the baseline, what is left of the margins, what no number in it speaks of."""

import json
from pathlib import Path
from typing import Any

import pytest
from cycle_on_disk import HOSTILE, comparison, write_cycle
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.report.course import course_of
from governance.adapters.report.documents import read_cycle
from governance.adapters.report.numbers import MISSING
from governance.adapters.report.page import render
from governance.digest import write_document
from governance.gates.meanings import GATED, MEANINGS, NOT, READ, covered
from governance.plugins import discover


def with_history(folder: Path, *changes: float | None) -> Path:
    """Releases since the baseline with these changes of tail and human perplexity; None = not read on the documents of now."""
    cycle = json.loads((folder / "cycle.json").read_text())
    releases = [
        {
            "version": number,
            "cycle": number,
            "digest": "d" * 64,
            "levels": {
                name: {"bits_per_byte": 2.0, "against_baseline": None if change is None else comparison(change, 0.01)}
                for name in ("tail_perplexity", "human_perplexity")
            },
        }
        for number, change in enumerate(changes, start=2)
    ]
    write_document(folder / "cycle.json", {**cycle, "history": {"baseline": "b" * 64, "releases": releases}})
    return folder


def test_every_release_since_the_baseline_stands_before_the_candidate(passed: Path) -> None:
    course = course_of(read_cycle(with_history(passed, 0.01, 0.02)))
    assert course is not None
    assert [step.name for step in course.steps] == ["version 2", "version 3", "candidate"]
    assert [step.cells[0][0] for step in course.steps[:2]] == ["+1.0 %", "+2.0 %"]
    assert course.picture is not None
    assert course.picture.count("<polyline") == 2
    page = render(read_cycle(passed))
    assert page.index("Where it stands since the baseline") < page.index("What it was trained on")


def test_no_line_is_drawn_through_a_release_that_was_read_on_other_documents(passed: Path) -> None:
    course = course_of(read_cycle(with_history(passed, 0.01, None)))
    assert course is not None
    assert course.picture is None
    assert course.steps[1].cells[0] == (MISSING, "not read on these documents")


def test_a_first_retraining_has_numbers_and_no_picture_and_a_founding_has_neither(passed: Path, tmp_path: Path) -> None:
    course = course_of(read_cycle(passed))
    assert course is not None
    assert (len(course.steps), course.picture) == (1, None)
    measured = write_cycle(tmp_path / "founding", kind="founding")
    assert course_of(read_cycle(measured)) is None
    assert "Where it stands" not in render(read_cycle(measured))


def test_a_budget_is_the_margin_less_the_worse_end_of_the_interval(passed: Path) -> None:
    documents = read_cycle(passed)
    course = course_of(documents)
    assert course is not None
    by_title = {budget.title: budget for budget in course.budgets}
    tail = documents.metric("tail_perplexity")["against"]["baseline"]
    assert by_title["Tail perplexity"].left == f"{100 * (0.05 - tail['high']):.1f} points"
    distinct = documents.metric("distinct_2")["against"]["baseline"]
    assert by_title["Distinct 2-grams"].left == f"{100 * (0.10 + distinct['low']):.1f} points"
    blocked = write_cycle(passed.parent / "blocked", "block")
    found = course_of(read_cycle(blocked))
    assert found is not None
    assert {budget.title: budget.left for budget in found.budgets}["Tail perplexity"] == "nothing"


def test_what_could_not_be_read_has_a_place_of_its_own(passed: Path) -> None:
    measures = json.loads((passed / "measures.json").read_text())
    measures["metrics"][4]["values"]["candidate"] = None
    measures["metrics"][4]["reasons"] = {"candidate": f"one draw a prompt {HOSTILE}"}
    write_document(passed / "measures.json", measures)
    page = render(read_cycle(passed))
    part = page[page.index("What could not be measured") : page.index("What this verdict says")]
    assert "Self-BLEU" in part
    assert "one draw a prompt" in part
    assert "<script" not in part
    assert "could not be measured" not in render(read_cycle(write_cycle(passed.parent / "whole")))


def test_a_pass_says_what_it_decided_what_it_read_and_what_it_does_not_speak_of(passed: Path) -> None:
    documents = read_cycle(passed)
    found = {row.words: row for row in covered(documents.decision, documents.measures)}
    tail = found["Rare human text does: the tails go first"]
    assert (tail.how, tail.by) == (GATED, "Tail perplexity")
    assert found["What the model says varies less"].by == "Distinct 2-grams, Bigram entropy; also read: Self-BLEU"
    assert found["Tasks are done worse"].how == NOT
    assert found["It falls into templates"].how == NOT
    assert all(row.words in render(documents) for row in found.values())


@given(st.sampled_from(["tail_perplexity", "distinct_2", "self_bleu"]), st.sampled_from([None, 0.02]))
def test_a_gate_without_a_number_decides_no_meaning(metric: str, change: float | None) -> None:
    entry: dict[str, Any] = {"name": metric, "title": metric, "values": {"candidate": 1.0}}
    decision = {"gates": [{"metric": metric, "change": change}]}
    hows = {row.how for row in covered(decision, {"metrics": [entry]})}
    assert hows == {NOT, READ if change is None else GATED}
    assert {row.how for row in covered(decision, None)} == {NOT}


@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda meaning: meaning.words[:30])
def test_a_meaning_is_seen_by_a_metric_or_says_why_by_none(meaning: Any) -> None:
    known = set(discover("governance.collapse.metrics", "METRIC"))
    assert set(meaning.metrics) <= known
    assert bool(meaning.metrics) != bool(meaning.beyond)
