import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import anchor_sets, batches, mix_rules, plan, shuffled

from governance.mixing.document import ROLES, mix_root
from governance.mixing.rules import MixRules

LAWS = settings(max_examples=60, deadline=None)


@given(batches(), anchor_sets(), mix_rules())
@LAWS
def test_every_shard_and_the_run_meet_both_limits_in_integers(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules) -> None:
    mix = plan(rows, anchors, rules)
    by_shard = mix.selected.partition_by("shard")
    for part in (mix.selected, *by_shard):
        anchor, human, synthetic = (int(part.filter(pl.col("role") == role)["tokens"].sum()) for role in ROLES)
        counted = int(part["counted"].sum())
        assert counted * 100 <= rules.synthetic_cap_percent * (human + counted)
        assert anchor * 100 >= rules.anchor_percent * (anchor + human + synthetic)
        assert human > 0
    assert [part["shard"][0] for part in by_shard] == list(range(len(by_shard)))


@given(batches(), anchor_sets(), mix_rules())
@LAWS
def test_every_slice_and_task_keeps_its_own_cap_over_what_is_really_there(
    rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules
) -> None:
    mix = plan(rows, anchors, rules)
    for column, cap_of in (("slice", rules.cap_of_slice), ("task", rules.cap_of_task)):
        for (name,), part in mix.selected.partition_by(column, as_dict=True).items():
            human, counted = int(part.filter(pl.col("role") == "human")["tokens"].sum()), int(part["counted"].sum())
            cap = cap_of(name)
            assert cap is None or counted * 100 <= cap * (human + counted)
            assert mix.document[f"{column}_caps"].get(name) == cap


@given(batches(), anchor_sets(), mix_rules())
@LAWS
def test_every_row_is_selected_once_or_dropped_by_one_rule(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules) -> None:
    mix = plan(rows, anchors, rules)
    kept = mix.selected.filter(pl.col("role") != "anchor")["row_id"].to_list()
    assert sorted(kept + mix.dropped["row_id"].to_list()) == sorted(rows["row_id"].to_list())
    assert sum(mix.document["dropped"].values()) == mix.dropped.height
    assert sum(mix.document["tokens_dropped"].values()) + sum(mix.document["tokens"][role] for role in ("human", "synthetic")) == sum(
        rows["tokens"]
    )


@given(batches(), anchor_sets(), mix_rules(), st.integers(0, 2**32))
@LAWS
def test_the_order_in_which_rows_come_makes_no_difference(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules, seed: int) -> None:
    one, other = plan(rows, anchors, rules), plan(shuffled(rows, seed), shuffled(anchors, seed), rules)
    assert one.document == other.document
    assert one.selected.equals(other.selected)
    assert one.dropped.equals(other.dropped)


@given(batches(), anchor_sets(), mix_rules())
@LAWS
def test_a_short_anchor_set_lets_no_more_synthetic_text_in(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules) -> None:
    one, other = plan(rows, anchors, rules), plan(rows, anchors.head(1), rules)
    for role in ("human", "synthetic"):
        assert one.document["tokens"][role] == other.document["tokens"][role]
    assert one.dropped.equals(other.dropped)


@given(batches(), anchor_sets(), mix_rules())
@LAWS
def test_only_copies_overlaps_and_empty_rows_cost_human_text(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules) -> None:
    dropped = plan(rows, anchors, rules).dropped.filter(pl.col("origin") == "human")
    assert set(dropped["rule"]) <= {"exact-duplicate", "no-tokens"}


@given(batches(), anchor_sets(), mix_rules())
@LAWS
def test_anchors_are_repeated_in_whole_passes(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules) -> None:
    mix = plan(rows, anchors, rules)
    shown = mix.selected.filter(pl.col("role") == "anchor")["row_id"].value_counts()["count"].to_list()
    shown += [0] * (anchors.height - len(shown))
    assert max(shown) - min(shown) <= 1
    assert mix.document["anchor_repeats"] == mix.document["tokens"]["anchor"] * 100 // sum(anchors["tokens"])


@given(batches(), anchor_sets(), mix_rules())
@LAWS
def test_the_document_says_what_the_frames_hold(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules) -> None:
    mix = plan(rows, anchors, rules)
    for name in ("slices", "tasks", "shards"):
        parts = mix.document[name] if name == "shards" else mix.document[name].values()
        for role in ROLES:
            assert sum(part[role] for part in parts) == mix.document["tokens"][role]
    human, synthetic = mix.document["tokens"]["human"], mix.document["counted_tokens"]
    full = synthetic + mix.document["headroom_tokens"]
    assert full * 100 <= rules.synthetic_cap_percent * (human + full)
    assert (full + 1) * 100 > rules.synthetic_cap_percent * (human + full + 1)
    assert mix.document["root"] == mix_root([mix.selected])
