from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import anchor_sets, batches, frame, mix_rules, plan, row, text_of

from governance.errors import RefusedError
from governance.mixing.caps import human_need, synthetic_limit
from governance.mixing.headroom import ANCHOR_PASSES, FRESH_HUMAN, Advice, Headroom, headroom
from governance.mixing.plan import Mix
from governance.mixing.rules import MixRules
from governance.mixing.supply import RUN_CAP, SHARD_CAP

RULES = MixRules(minimum_human_tokens=100)
ANCHORS = frame([row(f"anchor-{n}", text_of(9000 + n, 100), slice="north") for n in range(20)])
HUMANS = [row(f"human-{n:03}", text_of(n, 100), slice="north") for n in range(100)]
FLOOD = [row(f"model-{n}", text_of(200 + n, 90), "model", slice=("south", "west")[n % 4 == 0]) for n in range(200)]


def room(mix: Mix, rules: MixRules = RULES) -> Headroom:
    return headroom(mix.document, mix.selected, mix.dropped, rules)


def fresh(advice: Advice, count: int) -> list[dict[str, Any]]:
    """So many of the rows that were advised: of that slice, of that length, saying what nobody said."""
    return [row(f"fresh-{n:05}", text_of(50_000 + n, 12), tokens=advice.row_tokens, slice=advice.slice) for n in range(count)]


@given(st.integers(0, 10**9), st.integers(1, 50))
def test_the_human_tokens_that_are_needed_are_the_fewest_that_carry_so_many(synthetic: int, cap: int) -> None:
    need = human_need(synthetic, cap)
    assert synthetic_limit(need, cap) >= synthetic
    assert need == 0 or synthetic_limit(need - 1, cap) < synthetic


def test_a_flood_is_held_back_by_the_cap_and_the_advice_names_the_scarcest_slice() -> None:
    found = room(plan(frame([*HUMANS, *FLOOD]), ANCHORS, RULES))
    assert found.bottleneck is not None
    assert found.advice is not None
    assert (found.bottleneck.name, found.bottleneck.left_out_rows, found.bottleneck.left_out_tokens) == (RUN_CAP, 141, 141 * 90)
    assert (found.advice.slice, found.advice.row_tokens, found.advice.tokens) == ("south", 100, human_need(18_000, 35) - 10_000)
    assert (found.advice.rows, found.advice.admits_rows, found.advice.exact) == (235, 141, True)


def test_the_advised_rows_lift_the_cap_and_one_row_fewer_does_not() -> None:
    advice = room(plan(frame([*HUMANS, *FLOOD]), ANCHORS, RULES)).advice
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
    found = room(first, rules)
    gone = first.document["dropped"]
    if found.bottleneck is None:
        assert not {RUN_CAP, SHARD_CAP} & set(gone)
        return
    if found.advice is None or found.advice.rows > 4_000:
        return
    records = [*rows.drop("sha256", "source_file", "line").to_dicts()]
    lifted = plan(frame([*records, *fresh(found.advice, found.advice.rows)]), anchors, rules)
    assert found.advice.lifts not in lifted.document["dropped"]
    if found.advice.exact:
        short = plan(frame([*records, *fresh(found.advice, found.advice.rows - 1)]), anchors, rules)
        assert found.advice.lifts in short.document["dropped"]


def test_rows_too_long_for_their_shards_are_helped_by_rows_that_are_enough() -> None:
    rules = MixRules(minimum_human_tokens=100, shard_rows=40)
    long = [row(f"model-{n}", text_of(200 + n, 12), "model", tokens=1_000, slice="south") for n in range(5)]
    mix = plan(frame([*HUMANS, *long]), ANCHORS, rules)
    found = room(mix, rules)
    assert found.bottleneck is not None
    assert found.advice is not None
    assert (found.bottleneck.name, found.advice.exact) == (SHARD_CAP, False)
    lifted = plan(frame([*HUMANS, *long, *fresh(found.advice, found.advice.rows)]), ANCHORS, rules)
    assert lifted.document["dropped"] == {}


def test_where_nothing_is_held_back_there_is_room_and_no_advice() -> None:
    found = room(plan(frame([*HUMANS, *FLOOD[:20]]), ANCHORS, RULES))
    assert (found.bottleneck, found.advice) == (None, None)
    run = found.limit(RUN_CAP)
    assert (run.used, run.bound, run.room, run.room_rows) == (1800, 5384, 3584, 39)


def test_every_limit_says_how_far_it_is() -> None:
    found = room(plan(frame([*HUMANS, *FLOOD[:20]]), ANCHORS, RULES))
    human, anchors = found.limit(FRESH_HUMAN), found.limit(ANCHOR_PASSES)
    assert (human.used, human.bound, human.room, human.room_rows) == (10_000, 100, 9_900, 99)
    assert (anchors.used, anchors.bound, anchors.room_rows) == (2_100, 50 * 2_000, 979)
    assert found.limit(SHARD_CAP).place == "shard 0"


def test_anchors_that_the_advised_rows_would_wear_out_are_counted() -> None:
    rules = MixRules(minimum_human_tokens=100, most_anchor_passes=2)
    advice = room(plan(frame([*HUMANS, *FLOOD]), ANCHORS, rules), rules).advice
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
            slice="north",
            rows=3,
            tokens=200,
            row_tokens=100,
            admits_rows=1,
            admits_tokens=1,
            exact=True,
            anchors_short=0,
        )
