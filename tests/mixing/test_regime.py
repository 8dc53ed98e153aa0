"""What of earlier cycles is trained on again: counted in the caps, held to a budget, and never taken for fresh."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import frame, plan, row, text_of

from governance.errors import PolicyError, RefusedError
from governance.mixing.plan import Mix
from governance.mixing.regime import refuse_stale, refuse_without_anchors, regime_words
from governance.mixing.rules import MixRules
from governance.section import read_section

ANCHORS = frame([row(f"a{n}", text_of(20_000 + n, 12)) for n in range(20)])


def rows(prefix: str, first: int, count: int, origin: str = "human") -> list[dict[str, Any]]:
    return [row(f"{prefix}{n}", text_of(first + n, 10), origin, slice="north" if n % 3 else "south") for n in range(count)]


def mix_of(fresh: int, models: int, back: int, back_models: int = 0, **settings: Any) -> Mix:
    """A cycle of fresh human and model rows beside rows of cycles 1 (human) and 2 (model), 10 tokens each."""
    everything = frame(
        [*rows("h", 0, fresh), *rows("m", 1_000, models, "model"), *rows("oh", 2_000, back), *rows("om", 3_000, back_models, "model")]
    )
    came = [(f"oh{n}", 1) for n in range(back)] + [(f"om{n}", 2) for n in range(back_models)]
    earlier = pl.DataFrame(came, schema={"row_id": pl.String, "cycle": pl.Int32}, orient="row")
    return plan(everything, ANCHORS, MixRules(minimum_human_tokens=1, **settings), earlier=earlier)


def test_accumulating_brings_every_row_back_and_the_caps_count_them() -> None:
    mix = mix_of(20, 40, 30, 10, regime="accumulate")
    document = mix.document
    assert document["fresh"]["human"] == 200
    assert document["earlier"]["1"] == {"human": 300, "synthetic": 0}
    assert document["tokens"]["human"] == 500
    synthetic = document["tokens"]["synthetic"]
    assert synthetic == document["fresh"]["synthetic"] + document["earlier"]["2"]["synthetic"]
    assert synthetic * 100 <= 35 * (500 + synthetic) < (synthetic + 10) * 100


def test_with_nothing_earlier_every_regime_but_a_budget_makes_the_same_mix() -> None:
    anchored, accumulated = mix_of(20, 40, 0), mix_of(20, 40, 0, regime="accumulate")
    assert anchored.selected.equals(accumulated.selected)
    assert (anchored.document["earlier"], anchored.document["regime"]) == ({}, "anchored")


@settings(max_examples=30)
@given(
    fresh=st.integers(1, 30),
    models=st.integers(0, 60),
    back=st.integers(0, 60),
    back_models=st.integers(0, 30),
    budget=st.integers(300, 1200),
)
def test_a_budget_is_never_passed_and_costs_no_fresh_human_row(fresh: int, models: int, back: int, back_models: int, budget: int) -> None:
    mix = mix_of(fresh, models, back, back_models, regime="accumulate-fixed-budget", budget_tokens=budget)
    tokens = mix.document["tokens"]
    assert tokens["human"] + tokens["synthetic"] <= budget
    assert mix.document["fresh"]["human"] == 10 * fresh
    assert tokens["synthetic"] * 100 <= 35 * (tokens["human"] + tokens["synthetic"])
    left = mix.document["dropped"].get("budget", 0)
    if 10 * (fresh + models + back + back_models) <= budget and models + back_models == 0:
        assert left == 0


def test_under_a_budget_a_growing_past_takes_no_more_room_and_shrinks_the_synthetic_share() -> None:
    shares = []
    for back in (50, 200, 1000):
        tokens = mix_of(20, 40, back, regime="accumulate-fixed-budget", budget_tokens=500).document["tokens"]
        assert tokens["human"] + tokens["synthetic"] <= 500
        shares.append(tokens["synthetic"])
    assert shares[0] > shares[1] > shares[2]


def test_what_the_cap_takes_from_synthetic_text_goes_to_earlier_human_text_while_the_budget_has_room() -> None:
    tokens = mix_of(10, 200, 200, regime="accumulate-fixed-budget", budget_tokens=1_000).document["tokens"]
    assert 980 <= tokens["human"] + tokens["synthetic"] <= 1_000
    assert tokens["synthetic"] == 350


def test_a_budget_below_the_fresh_human_text_is_refused_with_what_would_do() -> None:
    with pytest.raises(RefusedError, match=r"fresh human text is never left out"):
        mix_of(60, 0, 0, regime="accumulate-fixed-budget", budget_tokens=500)


def test_text_of_earlier_cycles_is_not_fresh() -> None:
    rules = MixRules(minimum_human_tokens=100, regime="accumulate")
    everything = frame([*rows("h", 0, 5), *rows("oh", 2_000, 90)])
    earlier = pl.DataFrame({"row_id": [f"oh{n}" for n in range(90)], "cycle": [1] * 90})
    with pytest.raises(RefusedError, match="50 fresh human tokens"):
        plan(everything, ANCHORS, rules, earlier=earlier)


def test_a_share_of_fresh_human_text_can_be_asked_for_and_the_fix_is_exact() -> None:
    document = mix_of(10, 0, 90, regime="accumulate").document
    refuse_stale(document, MixRules(minimum_fresh_human_percent=10))
    with pytest.raises(RefusedError, match=r"100 of 1000 tokens are fresh human text \(10.0 %\)") as caught:
        refuse_stale(document, MixRules(minimum_fresh_human_percent=25))
    assert "add 200 fresh human tokens" in str(caught.value)
    refuse_stale(mix_of(30, 0, 90, regime="accumulate").document, MixRules(minimum_fresh_human_percent=25))


def test_model_text_without_an_anchor_is_refused_unless_the_policy_says_so_with_a_reason() -> None:
    document = mix_of(20, 10, 0, anchor_percent=0).document
    with pytest.raises(RefusedError, match=r"synthetic tokens and no anchor"):
        refuse_without_anchors(document, MixRules(anchor_percent=0))
    refuse_without_anchors(document, MixRules(anchor_percent=0, regime="replace", replace_reason="a drill"))
    refuse_without_anchors(mix_of(20, 0, 0, anchor_percent=0).document, MixRules(anchor_percent=0))


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ({"regime": "forget"}, "regime: 'forget' is none of anchored, accumulate, accumulate-fixed-budget, replace"),
        ({"regime": "replace", "anchor_percent": 0}, "replace_reason: ''"),
        ({"regime": "replace", "anchor_percent": 0, "replace_reason": " "}, "replace_reason: ' '"),
        ({"regime": "replace", "replace_reason": "a drill"}, "anchor_percent: 15 with regime 'replace'"),
        ({"replace_reason": "a drill"}, "replace_reason: 'a drill' under regime 'anchored'"),
        ({"regime": "accumulate-fixed-budget"}, "budget_tokens: None"),
        ({"budget_tokens": 5}, "budget_tokens: 5 under regime 'anchored'"),
        ({"regime": "accumulate-fixed-budget", "budget_tokens": 0}, "budget_tokens: 0 is not at least 1"),
        ({"minimum_fresh_human_percent": 100}, "minimum_fresh_human_percent: 100"),
    ],
)
def test_an_impossible_regime_is_an_error_with_its_place(setting: dict[str, Any], found: str) -> None:
    with pytest.raises(PolicyError, match=f"mixing: {found}"):
        read_section(MixRules, setting, "mixing")


def test_the_regime_is_said_in_a_sentence() -> None:
    assert regime_words(mix_of(20, 0, 0).document) == (
        "Regime anchored: fresh are 200 human and 0 synthetic tokens; no row of an earlier cycle comes back"
    )
    budget = mix_of(20, 0, 10, regime="accumulate-fixed-budget", budget_tokens=1_000)
    assert regime_words(budget.document) == (
        "Regime accumulate-fixed-budget, 1,000 tokens: fresh are 200 human and 0 synthetic tokens;"
        " 100 human and 0 synthetic tokens come back from cycles 1"
    )
