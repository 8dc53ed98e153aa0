"""Caps of slices and tasks: against a plain walk, against every subset of tiny pools, and with the words that a dropped row gets."""

from dataclasses import replace
from itertools import chain, combinations
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import SLICES, TASKS, frame, plan, row, text_of

from governance.mixing.caps import synthetic_limit
from governance.mixing.order import fitting
from governance.mixing.quotas import Charge, fill
from governance.mixing.rules import MixRules

LAWS = settings(max_examples=80, deadline=None)
RULES = MixRules(minimum_human_tokens=100, anchor_percent=0)
NO_ANCHORS = frame([])
HUMANS = [row(f"h-{n:02}", text_of(n, 50), slice="regional" if n % 4 == 0 else "national", task="headline") for n in range(40)]
MODELS = [row(f"m-{n:02}", text_of(100 + n, 50), "model", slice="regional" if n % 2 else "national", task="headline") for n in range(40)]
LIMIT_OF = {"slice-cap": "slice", "task-cap": "task"}


def pool(sizes: list[tuple[int, int, int]], origin: str) -> pl.DataFrame:
    """Rows by (tokens, slice, task)."""
    return frame(
        [
            row(f"{origin}{n}", text_of(n, 3), origin, tokens=size, slice=SLICES[part], task=TASKS[task])
            for n, (size, part, task) in enumerate(sizes)
        ]
    ).with_columns(counted=pl.col("tokens"))


def pools(most: int, tokens: st.SearchStrategy[int]) -> st.SearchStrategy[list[tuple[int, int, int]]]:
    return st.lists(st.tuples(tokens, st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=most)


caps = st.builds(
    MixRules,
    synthetic_cap_percent=st.integers(1, 50),
    slice_caps=st.dictionaries(st.sampled_from(SLICES), st.integers(0, 50)),
    slice_cap_percent=st.none() | st.integers(0, 50),
    task_caps=st.dictionaries(st.sampled_from(TASKS), st.integers(0, 50)),
)


def within_caps(humans: pl.DataFrame, taken: pl.DataFrame, rules: MixRules) -> bool:
    """The definition, said slowly: the run, every slice and every task hold no more than their own human text carries."""
    held = taken["tokens"].sum() <= synthetic_limit(int(humans["tokens"].sum()), rules.synthetic_cap_percent)
    for column, cap_of in (("slice", rules.cap_of_slice), ("task", rules.cap_of_task)):
        for name in taken[column].unique():
            human, synthetic = (int(rows.filter(pl.col(column) == name)["tokens"].sum()) for rows in (humans, taken))
            cap = cap_of(name)
            held = held and (cap is None or synthetic * 100 <= cap * (human + synthetic))
    return bool(held)


@given(pools(8, st.integers(1, 60)), pools(8, st.integers(1, 60)), caps)
@LAWS
def test_a_row_is_in_exactly_where_a_plain_walk_finds_room_for_it(human: Any, synthetic: Any, rules: MixRules) -> None:
    humans, models = pool(human, "human"), pool(synthetic, "model")
    taken = models.clear()
    for place in range(models.height):
        wider = pl.concat([taken, models[place : place + 1]])
        taken = wider if within_caps(humans, wider, rules) else taken
    filled = fill(humans, models, rules)
    assert models[filled.stays].equals(taken)
    assert sorted([*(at for charge in filled.left for at in charge.at.tolist()), *filled.stays.tolist()]) == list(range(models.height))


@given(pools(8, st.integers(1, 60)), pools(6, st.just(7)), caps)
@LAWS
def test_of_equal_rows_under_slice_caps_no_subset_holds_more(human: Any, synthetic: Any, rules: MixRules) -> None:
    humans, models = pool(human, "human"), pool(synthetic, "model")
    alone = MixRules(synthetic_cap_percent=rules.synthetic_cap_percent, slice_caps=rules.slice_caps)
    places = range(models.height)
    subsets = chain.from_iterable(combinations(places, count) for count in range(models.height + 1))
    best = max(len(chosen) for chosen in subsets if within_caps(humans, models[list(chosen)], alone))
    assert fill(humans, models, alone).stays.size == best


@given(pools(12, st.integers(1, 60)), pools(12, st.integers(1, 60)), caps)
@LAWS
def test_a_left_out_row_is_charged_to_a_limit_that_is_in_its_way(human: Any, synthetic: Any, rules: MixRules) -> None:
    humans, models = pool(human, "human"), pool(synthetic, "model")
    filled = fill(humans, models, rules)
    taken = models[filled.stays]
    for charge, at in ((one, at) for one in filled.left for at in one.at.tolist()):
        gone = models[at : at + 1]
        column = LIMIT_OF.get(charge.rule)
        if column is None:
            alone = MixRules(synthetic_cap_percent=rules.synthetic_cap_percent)
            assert not within_caps(humans, pl.concat([taken, gone]), alone)
            continue
        name = gone[column].item()
        cap = (rules.cap_of_slice if column == "slice" else rules.cap_of_task)(name)
        held = int(taken.filter(pl.col(column) == name)["tokens"].sum()) + gone["tokens"].item()
        assert cap is not None
        assert held > synthetic_limit(int(humans.filter(pl.col(column) == name)["tokens"].sum()), cap)


def told(charge: Charge) -> tuple[str, str, list[int]]:
    return charge.rule, charge.detail, charge.at.tolist()


@given(pools(12, st.integers(1, 60)), pools(12, st.integers(1, 60)), st.integers(1, 50))
@LAWS
def test_caps_that_nothing_meets_change_nothing(human: Any, synthetic: Any, cap: int) -> None:
    humans, models = pool(human, "human"), pool(synthetic, "model")
    plain = fill(humans, models, MixRules(synthetic_cap_percent=cap))
    walked = fill(humans, models, MixRules(synthetic_cap_percent=cap, slice_caps={"nowhere": 0}))
    assert plain.stays.tolist() == walked.stays.tolist()
    assert [told(charge) for charge in plain.left if charge.at.size] == [told(charge) for charge in walked.left]
    assert plain.stays.tolist() == fitting(models["tokens"].to_numpy(), synthetic_limit(int(humans["tokens"].sum()), cap)).tolist()


def test_a_slice_that_is_mostly_model_text_is_cut_to_its_cap_and_says_so() -> None:
    mix = plan(frame([*HUMANS, *MODELS]), NO_ANCHORS, MixRules(minimum_human_tokens=100, anchor_percent=0, slice_caps={"regional": 25}))
    assert mix.document["slices"]["regional"] == {"anchor": 0, "human": 500, "synthetic": 150, "counted": 150}
    assert mix.document["dropped"]["slice-cap"] == 17
    assert set(mix.dropped.filter(pl.col("rule") == "slice-cap")["detail"]) == {
        "beyond 166 tokens, 25 % of the human and synthetic text of its slice"
    }
    assert plan(frame([*HUMANS, *MODELS]), NO_ANCHORS, RULES).document["slices"]["regional"]["synthetic"] > 400


def test_a_cap_of_nought_keeps_a_task_human() -> None:
    rules = MixRules(minimum_human_tokens=100, anchor_percent=0, task_caps={"headline": 0})
    mix = plan(frame([*HUMANS, *MODELS]), NO_ANCHORS, rules)
    assert mix.document["tasks"]["headline"] == {"anchor": 0, "human": 2000, "synthetic": 0, "counted": 0}
    assert mix.document["dropped"] == {"task-cap": 40}


def test_a_slice_without_human_text_carries_no_synthetic_text_under_the_cap_of_all_slices() -> None:
    models = [row(f"x-{n}", text_of(300 + n, 50), "model", slice="sports", task="headline") for n in range(5)]
    mix = plan(frame([*HUMANS, *models]), NO_ANCHORS, MixRules(minimum_human_tokens=100, anchor_percent=0, slice_cap_percent=50))
    assert mix.document["dropped"] == {"slice-cap": 5}


def test_a_mix_with_a_slice_beyond_its_cap_cannot_be_built() -> None:
    mix = plan(frame([*HUMANS, *MODELS]), NO_ANCHORS, MixRules(minimum_human_tokens=100, anchor_percent=0, slice_caps={"regional": 25}))
    slices = {**mix.document["slices"], "regional": {"anchor": 0, "human": 500, "synthetic": 167, "counted": 167}}
    with pytest.raises(ValueError, match=r"slices regional: .* under a cap of 25 %"):
        replace(mix, document={**mix.document, "slices": slices})
