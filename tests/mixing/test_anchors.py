"""Anchors are replayed by slice, tilted only where policy says so, and a run that shows them too often says so."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixing_rows import frame, plan, row, text_of

from governance.mixing.anchors import anchor_alarms, passes_document, wanted_tokens
from governance.mixing.conscience import alarms
from governance.mixing.plan import Mix
from governance.mixing.rules import ACTIVE, EVEN, MixRules

SHARES = {"north": 60, "south": 30, "west": 10}
ANCHORS = frame(
    [row(f"a-{name}-{n}", text_of(20_000 + 100 * len(name) + n, 12), slice=name) for name, count in SHARES.items() for n in range(count)]
)


def humans(**counts: int) -> pl.DataFrame:
    rows = [(name, n) for name, count in counts.items() for n in range(count)]
    return frame([row(f"h-{name}-{n}", text_of(1_000 * place + n, 12), slice=name) for place, (name, n) in enumerate(rows)])


def mix_of(rows: pl.DataFrame, **settings: object) -> Mix:
    return plan(rows, ANCHORS, MixRules(minimum_human_tokens=1, **settings))


def anchor_share(mix: Mix, name: str) -> float:
    tokens = mix.document["slices"]
    return tokens[name]["anchor"] / mix.document["tokens"]["anchor"]


@pytest.mark.parametrize("count", [100, 900])
def test_every_shard_holds_the_anchors_of_every_slice_by_their_share(count: int) -> None:
    """With a part of a pass, and with more than one."""
    mix = mix_of(humans(north=count), shard_rows=60 * count // 100, anchor_percent=45)
    shown = mix.selected.filter(pl.col("role") == "anchor")
    assert shown["shard"].n_unique() >= 2
    for _, part in shown.group_by("shard"):
        counts = Counter(part["slice"].to_list())
        for name, share in SHARES.items():
            assert abs(counts[name] - part.height * share / 100) <= 2.5


def test_even_sampling_is_the_default_and_shows_no_anchor_more_than_once_more_often_than_another() -> None:
    mix = mix_of(humans(north=300), anchor_percent=40)
    counts = mix.selected.filter(pl.col("role") == "anchor")["row_id"].value_counts()["count"]
    assert mix.document["anchor_sampling"] == EVEN
    assert counts.max() - counts.min() <= 1


def test_active_sampling_shows_more_of_what_the_batch_has_too_little_of_and_leaves_no_slice_out() -> None:
    rows = humans(north=200, south=5)
    even, active = mix_of(rows, anchor_percent=30), mix_of(rows, anchor_percent=30, anchor_sampling=ACTIVE)
    assert active.document["tokens"]["synthetic"] == even.document["tokens"]["synthetic"]
    assert anchor_share(active, "west") > 1.5 * anchor_share(even, "west")
    assert anchor_share(active, "south") > 1.2 * anchor_share(even, "south")
    assert 0.4 * anchor_share(even, "north") < anchor_share(active, "north") < anchor_share(even, "north")


def test_active_sampling_moves_no_cap() -> None:
    rows = pl.concat([humans(north=200), frame([row(f"m{n}", text_of(50_000 + n, 12), "model", slice="west") for n in range(200)])])
    even, active = mix_of(rows), mix_of(rows, anchor_sampling=ACTIVE)
    kept = [set(mix.selected.filter(pl.col("role") == "synthetic")["row_id"]) for mix in (even, active)]
    assert kept[0] == kept[1]


slices = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.integers(1, 500), st.integers(0, 2000)), min_size=1)


@given(counts=slices, need=st.integers(1, 3000))
def test_what_is_wanted_adds_up_keeps_the_floor_and_comes_closer_to_the_anchors_shares(
    counts: dict[str, tuple[int, int]], need: int
) -> None:
    held, fresh = ({name: found[place] for name, found in counts.items()} for place in (0, 1))
    wanted = wanted_tokens(held, fresh, need)
    whole = sum(held.values())
    assert need <= sum(wanted.values()) <= need + len(held)
    assert all(wanted[name] >= need * held[name] // (2 * whole) for name in held)

    def far(anchors: dict[str, float]) -> float:
        in_all = sum(fresh.values()) + need
        return sum(abs(fresh[name] + anchors[name] - in_all * held[name] / whole) for name in held)

    even = {name: need * held[name] / whole for name in held}
    assert far(dict(wanted)) <= far(even) + 3 * len(held)


def test_passes_count_all_epochs_and_the_whole_blocks_of_batches() -> None:
    mix = {"tokens": {"anchor": 150, "human": 850, "synthetic": 0}, "anchor_pass_tokens": 100, "anchor_slices": {"a": 60, "b": 40}}
    mix["slices"] = {"a": {"anchor": 60}, "b": {"anchor": 90}}
    found = passes_document(mix, MixRules(anchor_percent=15), epochs=2, batch_blocks=20)
    assert (found["anchor_passes"], found["most_shown_anchors"]) == (300, {"slice": "b", "passes": 450})
    assert passes_document(mix, MixRules(anchor_percent=15), epochs=2, batch_blocks=24)["anchor_passes"] == 340
    nothing = {"tokens": {"anchor": 0, "human": 9, "synthetic": 0}, "anchor_pass_tokens": 0, "anchor_slices": {}, "slices": {}}
    assert passes_document(nothing, MixRules(anchor_percent=0), epochs=2, batch_blocks=24)["anchor_passes"] == 0


def test_a_run_warns_beyond_four_passes_and_names_the_slice_that_is_shown_most() -> None:
    calm = {"anchor_passes": 400, "most_shown_anchors": {"slice": "b", "passes": 400}, "warned_anchor_passes": 4, "epochs": 2}
    assert anchor_alarms(calm) == []
    (said,) = alarms({**calm, "most_shown_anchors": {"slice": "b", "passes": 450}})
    assert said.startswith("anchors are shown 4.0 times in 2 epochs, those of slice b 4.5 times: beyond 4")


def test_a_rare_slice_that_no_batch_would_hold_is_named() -> None:
    held = {"west": {"anchor": 3, "human": 0}, "east": {"anchor": 0, "human": 2}, "far": {"anchor": 0, "human": 0}}
    assert anchor_alarms({"rare_slices": held}) == ["1 rare slices are in no batch of this run: far"]


def test_a_mix_says_what_it_shows_of_every_rare_slice() -> None:
    document = mix_of(humans(north=900, west=3)).document
    assert set(document["rare_slices"]) == {"west"}
    assert document["rare_slices"]["west"]["human"] == 36
    assert document["anchor_slices"] == {name: 12 * count for name, count in SHARES.items()}
