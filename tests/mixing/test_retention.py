from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import anchor_sets, batches, frame, mix_rules, plan, row, runs, text_of

from governance.mixing.conscience import alarms, retained
from governance.mixing.plan import Mix
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules

RULES = MixRules(minimum_human_tokens=1, anchor_percent=0)
ANCHORS = frame([row("anchor", text_of(9000, 50))])
FILLER = [row(f"filler-{n}", text_of(n, 60), slice="filler") for n in range(20)]


def entry(mix: Mix, rule: str) -> dict[str, Any]:
    return next(found for found in mix.document["retention"] if found["rule"] == rule)


def slow(rows: pl.DataFrame, anchors: pl.DataFrame, gone: set[str], slice_: str, human: bool) -> int:
    """Rare words of a slice that are still said when the rows in `gone` are out, the slow way."""
    people = [text for text, origin in rows.select("text", "origin").iter_rows() if origin == "human"] + anchors["text"].to_list()
    documents = [{word for (word,) in runs(text, 1)} for text in people]
    here = rows.filter((pl.col("slice") == slice_) & ((pl.col("origin") == "human") == human) & ~pl.col("row_id").is_in(list(gone)))
    said = {word for text in here["text"] for (word,) in runs(text, 1)}
    return sum(1 <= sum(word in document for document in documents) <= 2 for word in said)


@given(batches(), anchor_sets(), mix_rules())
@settings(max_examples=30, deadline=None)
def test_retention_is_what_a_slow_count_of_rows_and_rare_words_says(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules) -> None:
    mix = plan(rows, anchors, rules)
    gone: set[str] = set()
    for found in mix.document["retention"]:
        before, gone = set(gone), gone | set(mix.dropped.filter(pl.col("rule") == found["rule"])["row_id"])
        for name, roles in found["slices"].items():
            for role, counts in roles.items():
                here = rows.filter((pl.col("slice") == name) & ((pl.col("origin") == "human") == (role == "human")))["row_id"]
                assert counts == {
                    "rows_in": len(set(here) - before),
                    "rows_out": len(set(here) - gone),
                    "tail_words_in": slow(rows, anchors, before, name, role == "human"),
                    "tail_words_out": slow(rows, anchors, gone, name, role == "human"),
                }
        assert found["human"]["rows_in"] + found["synthetic"]["rows_in"] == rows.height - len(before)


def families(slice_: str, count: int, members: int) -> list[dict[str, Any]]:
    """Near-duplicates of one another, each with a word of its own at its end."""
    return [
        row(f"{slice_}-{n}-{member}", f"{text_of(500 + n, 60)} own{slice_}{n}of{member}", slice=slice_)
        for n in range(count)
        for member in range(members)
    ]


def test_near_duplicates_cost_a_slice_its_rare_words_and_the_entry_says_so() -> None:
    mix = plan(frame([*FILLER, *families("beat", 10, 2)]), ANCHORS, RULES)
    found = entry(mix, "near-duplicate")
    assert found["slices"] == {
        "beat": {"human": {"rows_in": 20, "rows_out": 10, "tail_words_in": 620, "tail_words_out": 610}},
    }
    assert retained(mix.document)[0].worst_slice == "beat"
    assert retained(mix.document)[0].words == (1810, 1820)


@pytest.mark.parametrize(("floor", "left"), [(0, 1), (20, 2), (50, 5), (80, 8), (100, 10)])
def test_the_floor_keeps_its_share_of_a_slice_that_is_all_near_duplicates(floor: int, left: int) -> None:
    mix = plan(frame([*FILLER, *families("beat", 1, 10)]), ANCHORS, RULES, selection=SelectionRules(survival_floor_percent=floor))
    assert mix.selected.filter(pl.col("slice") == "beat").height == left
    assert mix.flagged["rule"].to_list() == ["near-duplicate"] * (left - 1)
    assert set(mix.flagged["kept_because"]) <= {"survival-floor"}
    kept = mix.document["survival"]["kept"]
    assert kept == ({"near-duplicate": {"rows": left - 1, "tokens": (left - 1) * 61}} if left > 1 else {})
    assert any("would have left out stay" in said for said in alarms(mix.document)) == (left > 1)


def test_the_floor_calls_the_rows_with_most_rare_words_back_first() -> None:
    rich = row("z-rich", f"{text_of(500, 60)} nowhere else said", slice="beat")
    family = [row(f"beat-{n}", text_of(500, 60) + " twice" * n, slice="beat") for n in range(9)]
    mix = plan(frame([*FILLER, *family, rich]), ANCHORS, RULES, selection=SelectionRules(survival_floor_percent=19))
    assert mix.flagged["row_id"].to_list() == ["z-rich"]
    assert mix.flagged["detail"].str.ends_with("; 19 % of the slice stays").all()


@given(batches(), st.integers(0, 100), st.integers(2, 6))
@settings(max_examples=30, deadline=None)
def test_no_filter_of_choice_takes_more_than_the_floor_lets_it(rows: pl.DataFrame, floor: int, members: int) -> None:
    together = pl.concat([rows, frame(families("beat", 3, members))])
    mix = plan(together, ANCHORS, RULES, selection=SelectionRules(survival_floor_percent=floor))
    for found in mix.document["retention"]:
        for roles in found["slices"].values():
            if found["rule"] not in {"exact-duplicate", "no-tokens"} and "human" in roles:
                assert roles["human"]["rows_out"] * 100 >= floor * roles["human"]["rows_in"]


def test_copies_and_overlaps_leave_below_the_floor_and_raise_an_alarm() -> None:
    copies = [row(f"copy-{n}", text_of(500, 60), slice="beat") for n in range(9)]
    mix = plan(frame([*FILLER, *copies]), ANCHORS, RULES)
    assert mix.document["survival"]["alarms"] == [{"slice": "beat", "rows_in": 9, "rows_out": 1, "rules": {"exact-duplicate": 8}}]
    assert alarms(mix.document) == ["slice beat keeps 1 of 9 human rows, under the floor of 50 %: 8 exact-duplicate"]


def test_synthetic_rows_have_no_floor() -> None:
    machine = [row(f"m-{n}", f"{text_of(500, 60)} own{n}", "model", slice="beat") for n in range(10)]
    mix = plan(frame([*FILLER, *machine]), ANCHORS, RULES)
    assert mix.document["dropped"]["near-duplicate"] == 9
    assert mix.flagged.is_empty()


def test_rows_of_rare_slices_are_counted_by_themselves() -> None:
    rows = [*FILLER, *families("beat", 1, 2), *families("wide", 20, 1)]
    mix = plan(frame(rows), ANCHORS, RULES, selection=SelectionRules(rare_slice_percent=5, survival_floor_percent=0))
    assert entry(mix, "near-duplicate")["rare_slices"] == {"rows_in": 2, "rows_out": 1}
