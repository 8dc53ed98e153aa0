from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import anchor_sets, batches, draft, frame, mix_rules, plan, row, text_of

from governance.errors import RefusedError
from governance.mixing.caps import human_need, synthetic_limit
from governance.mixing.headroom import Advice, Headroom, headroom
from governance.mixing.limits import ANCHOR_PASSES, FRESH_HUMAN
from governance.mixing.plan import Mix
from governance.mixing.quotas import RUN_CAP, SLICE_CAP, TASK_CAP
from governance.mixing.rules import MixRules
from governance.mixing.supply import SHARD_CAP

RULES = MixRules(minimum_human_tokens=100)
ANCHORS = frame([row(f"anchor-{n}", text_of(9000 + n, 100), slice="north") for n in range(20)])
HUMANS = [row(f"human-{n:03}", text_of(n, 100), slice="north") for n in range(100)]
FLOOD = [row(f"model-{n}", text_of(200 + n, 90), "model", slice=("south", "west")[n % 4 == 0]) for n in range(200)]


def room(mix: Mix, rules: MixRules, rows: pl.DataFrame) -> Headroom:
    return headroom(mix.document, mix.selected, mix.dropped.join(rows.select("row_id", "task"), on="row_id", how="left"), rules)


def planned(records: list[dict[str, Any]], rules: MixRules = RULES) -> Headroom:
    rows = frame(records)
    return room(plan(rows, ANCHORS, rules), rules, rows)


def fresh(advice: Advice, count: int) -> list[dict[str, Any]]:
    """So many of the rows that were advised: of that slice, of that length, saying what nobody said."""
    more = {"tokens": advice.row_tokens, advice.column: advice.part}
    return [row(f"fresh-{n:05}", text_of(50_000 + n, 12), **more) for n in range(count)]


@given(st.integers(0, 10**9), st.integers(1, 50))
def test_the_human_tokens_that_are_needed_are_the_fewest_that_carry_so_many(synthetic: int, cap: int) -> None:
    need = human_need(synthetic, cap)
    assert synthetic_limit(need, cap) >= synthetic
    assert need == 0 or synthetic_limit(need - 1, cap) < synthetic


def test_a_flood_is_held_back_by_the_cap_and_the_advice_names_the_scarcest_slice() -> None:
    found = planned([*HUMANS, *FLOOD])
    assert found.bottleneck is not None
    assert found.advice is not None
    assert (found.bottleneck.name, found.bottleneck.left_out_rows, found.bottleneck.left_out_tokens) == (RUN_CAP, 141, 141 * 90)
    assert (found.advice.part, found.advice.row_tokens, found.advice.tokens) == ("south", 100, human_need(18_000, 35) - 10_000)
    assert (found.advice.rows, found.advice.admits_rows, found.advice.exact) == (235, 141, True)


def test_the_advised_rows_lift_the_cap_and_one_row_fewer_does_not() -> None:
    advice = planned([*HUMANS, *FLOOD]).advice
    assert advice is not None
    lifted = plan(frame([*HUMANS, *FLOOD, *fresh(advice, advice.rows)]), ANCHORS, RULES)
    short = plan(frame([*HUMANS, *FLOOD, *fresh(advice, advice.rows - 1)]), ANCHORS, RULES)
    assert RUN_CAP not in lifted.document["dropped"]
    assert short.document["dropped"][RUN_CAP] >= 1


@given(batches(), anchor_sets(), mix_rules())
@settings(max_examples=40, deadline=None)
def test_in_any_batch_the_advised_rows_lift_the_bottleneck_and_an_exact_advice_has_no_row_too_many(
    rows: Any, anchors: Any, rules: MixRules
) -> None:
    first = plan(rows, anchors, rules)
    found = room(first, rules, rows)
    if found.bottleneck is None:
        assert not any(limit.left_out_rows and limit.cap_percent for limit in found.limits)
        assert not {RUN_CAP, SHARD_CAP} & set(first.document["dropped"])
        return
    if found.advice is None or found.advice.rows > 4_000:
        return
    records = [*rows.drop("sha256", "source_file", "line").to_dicts()]
    both = [*records, *fresh(found.advice, found.advice.rows)]
    lifted = plan(frame(both), anchors, rules)
    still = lifted.dropped.filter(pl.col("rule") == found.advice.lifts)
    if found.advice.lifts in {SLICE_CAP, TASK_CAP}:
        left = room(lifted, rules, frame(both)).limits
        still = [limit for limit in left if (limit.name, limit.place) == (found.advice.lifts, found.advice.part) and limit.left_out_rows]
    assert len(still) == 0
    if found.advice.exact:
        short = plan(frame([*records, *fresh(found.advice, found.advice.rows - 1)]), anchors, rules)
        assert found.advice.lifts in short.document["dropped"]


def test_rows_too_long_for_their_shards_are_helped_by_rows_that_are_enough() -> None:
    rules = MixRules(minimum_human_tokens=100, shard_rows=40)
    long = [row(f"model-{n}", text_of(200 + n, 12), "model", tokens=1_000, slice="south") for n in range(5)]
    found = planned([*HUMANS, *long], rules)
    assert found.bottleneck is not None
    assert found.advice is not None
    assert (found.bottleneck.name, found.advice.exact) == (SHARD_CAP, False)
    lifted = plan(frame([*HUMANS, *long, *fresh(found.advice, found.advice.rows)]), ANCHORS, rules)
    assert lifted.document["dropped"] == {}


def test_a_slice_held_back_by_its_own_cap_is_lifted_by_rows_of_that_slice() -> None:
    rules = MixRules(minimum_human_tokens=100, slice_caps={"south": 10, "west": 0})
    humans = [*HUMANS, *(row(f"south-{n}", text_of(400 + n, 100), slice="south") for n in range(30))]
    found = planned([*humans, *FLOOD[:80]], rules)
    assert found.bottleneck is not None
    assert found.advice is not None
    assert (found.bottleneck.name, found.bottleneck.place, found.bottleneck.left_out_rows) == (SLICE_CAP, "south", 57)
    assert (found.advice.tokens, found.advice.part) == (human_need(60 * 90, 10) - 3_000, "south")
    lifted = plan(frame([*humans, *FLOOD[:80], *fresh(found.advice, found.advice.rows)]), ANCHORS, rules)
    assert lifted.dropped.filter(pl.col("slice") == "south").is_empty()
    west = next(limit for limit in found.limits if limit.place == "west")
    assert (west.left_out_rows, west.bound, west.holds_back) == (20, 0, False)


def test_a_task_held_back_by_its_own_cap_is_lifted_by_rows_of_that_task() -> None:
    rules = MixRules(minimum_human_tokens=100, task_caps={"headline": 20})
    headlines = [{**record, "task": "headline"} for record in (*HUMANS[:10], *FLOOD[:30])]
    found = planned([*HUMANS[10:], *headlines], rules)
    assert found.advice is not None
    assert (found.advice.lifts, found.advice.column, found.advice.part) == (TASK_CAP, "task", "headline")
    lifted = plan(frame([*HUMANS[10:], *headlines, *fresh(found.advice, found.advice.rows)]), ANCHORS, rules)
    assert lifted.document["dropped"] == {}


def test_where_nothing_is_held_back_there_is_room_and_no_advice() -> None:
    found = planned([*HUMANS, *FLOOD[:20]])
    assert (found.bottleneck, found.advice) == (None, None)
    run = found.limit(RUN_CAP)
    assert (run.used, run.bound, run.room, run.room_rows) == (1800, 5384, 3584, 39)


@pytest.mark.parametrize("rules", [RULES, replace(RULES, slice_cap_percent=20)], ids=["run", "slice"])
def test_a_mix_that_was_never_written_has_the_room_of_the_written_one(rules: MixRules) -> None:
    rows = frame([*HUMANS, *FLOOD])
    assert room(draft(rows, ANCHORS, rules), rules, rows) == planned([*HUMANS, *FLOOD], rules)


def test_text_that_counts_in_part_uses_a_cap_in_part_and_the_advice_is_then_only_enough() -> None:
    rules = MixRules(minimum_human_tokens=100, exposed_weight_percent=50)
    exposed = [row(f"exposed-{n}", text_of(200 + n, 90), "exposed", slice="south") for n in range(200)]
    found = planned([*HUMANS, *exposed], rules)
    assert found.advice is not None
    assert found.limit(RUN_CAP).used == 119 * 45
    assert (found.advice.lifts, found.advice.exact) == (RUN_CAP, False)
    lifted = plan(frame([*HUMANS, *exposed, *fresh(found.advice, found.advice.rows)]), ANCHORS, rules)
    assert RUN_CAP not in lifted.document["dropped"]


def test_every_limit_says_how_far_it_is() -> None:
    found = planned([*HUMANS, *FLOOD[:20]])
    human, anchors = found.limit(FRESH_HUMAN), found.limit(ANCHOR_PASSES)
    assert (human.used, human.bound, human.room, human.room_rows) == (10_000, 100, 9_900, 99)
    assert (anchors.used, anchors.bound, anchors.room_rows) == (2_100, 50 * 2_000, 979)
    assert found.limit(SHARD_CAP).place == "shard 0"


def test_anchors_that_the_advised_rows_would_wear_out_are_counted() -> None:
    rules = MixRules(minimum_human_tokens=100, most_anchor_passes=2)
    advice = planned([*HUMANS, *FLOOD], rules).advice
    assert advice is not None
    assert advice.anchors_short > 0
    more = frame([row(f"anchor-more-{n}", text_of(8000 + n, 12), tokens=advice.anchors_short) for n in range(1)])
    both = frame([*HUMANS, *FLOOD, *fresh(advice, advice.rows)])
    with pytest.raises(RefusedError, match="at most 2 passes"):
        plan(both, ANCHORS, rules)
    assert RUN_CAP not in plan(both, ANCHORS.vstack(more), rules).document["dropped"]


def test_an_advice_that_is_not_the_fewest_rows_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="not the fewest"):
        Advice(
            lifts=RUN_CAP,
            column="slice",
            part="north",
            rows=3,
            tokens=200,
            row_tokens=100,
            admits_rows=1,
            admits_tokens=1,
            exact=True,
            anchors_short=0,
        )
