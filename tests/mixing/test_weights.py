"""What hybrid and exposed rows count in a mix, in whole tokens, and that the cap holds for it in integers."""

import random
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import anchor_sets, batches, frame, mix_rules, plan, row, text_of

from governance.errors import PolicyError
from governance.mixing.caps import synthetic_limit
from governance.mixing.rules import MixRules
from governance.mixing.weights import Weights
from governance.section import read_section

LAWS = settings(deadline=None, max_examples=40)
RULES = MixRules(minimum_human_tokens=100, hybrid_weight="proven")
SHAPES = [
    f"{one}{two}{three}" for one in ("ba", "de", "fi", "go", "lu") for two in ("ka", "me", "ni", "so") for three in ("bel", "tiv", "zor")
]
HUMANS = [row(f"human-{n:03}", text_of(n, 100)) for n in range(100)]
RNG = random.Random(5)
ANCHORS = frame([row(f"anchor-{n}", " ".join(RNG.choices(SHAPES, k=200)), slice="north") for n in range(20)])
DRAFT, FRESH = " ".join(RNG.choices(SHAPES[:30], k=200)).split(), " ".join(RNG.choices(SHAPES[30:], k=200)).split()


def draft(row_id: str = "draft", **more: Any) -> dict[str, Any]:
    return row(row_id, " ".join(DRAFT), "model", **more)


def edit(kept: int, row_id: str = "edit", **more: Any) -> dict[str, Any]:
    return row(row_id, " ".join([*DRAFT[:kept], *FRESH[: 200 - kept]]), "hybrid", **{"parent_ids": ["draft"], **more})


def weighed(*rows: dict[str, Any], rules: MixRules = RULES) -> dict[str, tuple[int, str]]:
    found = Weights.of(frame(list(rows)), rules, [ANCHORS["text"]]).weighed(frame(list(rows))).drop_nulls("basis")
    return {row_id: (weight, basis) for row_id, weight, basis in found.select("row_id", "weight", "basis").iter_rows()}


def test_by_default_a_hybrid_counts_in_full_whatever_its_edit() -> None:
    assert weighed(draft(), edit(20), rules=MixRules()) == {"edit": (1000, "policy")}


@pytest.mark.parametrize(
    ("rows", "weight", "basis"),
    [
        ([draft(), edit(200)], 1000, "nothing-proven"),
        ([draft(), edit(80)], 500, "floor"),
        ([draft(), edit(10)], 1000, "not-its-draft"),
        ([edit(100)], 1000, "draft-missing"),
        ([draft(), edit(100, parent_ids=[])], 1000, "no-draft"),
        ([draft(generator="somebody"), edit(100)], 1000, "other-generator"),
    ],
)
def test_a_weight_has_a_reason(rows: list[dict[str, Any]], weight: int, basis: str) -> None:
    assert weighed(*rows)["edit"] == (weight, basis)


def test_a_proven_weight_is_the_worst_reading() -> None:
    weight, basis = weighed(draft(), edit(140))["edit"]
    assert (700 <= weight < 1000, basis) == (True, "proven")


def test_counted_tokens_are_rounded_up() -> None:
    rows = frame([draft(tokens=7), edit(80, tokens=7), row("exposed", "seen", "exposed", tokens=9), row("human", "own", tokens=9)])
    counted = Weights.of(rows, MixRules(hybrid_weight="proven", exposed_weight_percent=50), [ANCHORS["text"]]).counted(rows)
    assert dict(counted.select("row_id", "counted").iter_rows()) == {"draft": 7, "edit": 4, "exposed": 5, "human": 0}


def test_lighter_hybrids_let_more_of_them_in_and_no_model_row_more() -> None:
    limit = synthetic_limit(10_000, 35)
    batch = [*HUMANS, draft(), *(row(f"x-{n}", text_of(500 + n, 100), "exposed") for n in range(200))]
    full, half = (plan(frame(batch), ANCHORS, MixRules(exposed_weight_percent=percent)) for percent in (100, 50))
    for mix in (full, half):
        assert mix.document["counted_tokens"] <= limit
        assert mix.document["headroom_tokens"] == limit - mix.document["counted_tokens"]
    assert full.document["counted_tokens"] == full.document["tokens"]["synthetic"] == 5300
    assert half.document["tokens"]["synthetic"] > 10_000
    exposed = half.document["weights"]["exposed"]
    assert (
        exposed["counted"] * 2
        == exposed["tokens"]
        == half.document["rows"]["synthetic"] * 100 - 100 * ("draft" in set(half.selected["row_id"]))
    )


def test_exposed_text_is_never_an_anchor_and_never_charged_to_its_generator() -> None:
    rows = [*HUMANS, row("x", text_of(500, 100), "exposed", generator="student")]
    mix = plan(frame(rows), ANCHORS, MixRules(other_generators="refuse"))
    assert mix.selected.filter(pl.col("row_id") == "x")["role"].to_list() == ["synthetic"]
    assert mix.dropped.is_empty()


@given(batches(), anchor_sets(), mix_rules(), st.integers(50, 100))
@LAWS
def test_the_caps_hold_for_counted_tokens_in_every_shard_slice_and_task(
    rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules, percent: int
) -> None:
    mix = plan(rows, anchors, replace(rules, exposed_weight_percent=percent))
    for shard in mix.document["shards"]:
        assert shard["counted"] * 100 <= rules.synthetic_cap_percent * (shard["human"] + shard["counted"])
        assert 2 * shard["counted"] >= shard["synthetic"] >= shard["counted"]
    assert sum(shard["counted"] for shard in mix.document["shards"]) == mix.document["counted_tokens"]


@given(st.integers(0, 10**6), st.integers(50, 100))
@LAWS
def test_an_exposed_row_counts_at_least_its_share_and_less_than_a_token_more(tokens: int, percent: int) -> None:
    rows = frame([row("x", "seen", "exposed", tokens=tokens)])
    counted = Weights.of(rows, MixRules(exposed_weight_percent=percent), []).counted(rows)["counted"].item()
    assert 0 <= counted * 100 - percent * tokens < 100


@pytest.mark.parametrize("section", [{"hybrid_weight": "half"}, {"hybrid_floor_percent": 49}, {"exposed_weight_percent": 0}])
def test_a_weight_that_would_make_text_human_is_no_policy(section: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=next(iter(section))):
        read_section(MixRules, section, "policy.mixing")
