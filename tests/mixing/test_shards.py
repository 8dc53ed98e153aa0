import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.mixing.caps import anchor_need, holds, synthetic_limit
from governance.mixing.order import fitting, stratified_order
from governance.mixing.rules import MixRules
from governance.mixing.shards import arrange, interleaved
from governance.provenance.hashing import mixed, seeded_keys, uniform

NO_DEADLINE = settings(deadline=None)

TOKENS = st.integers(0, 10**12)
LAWS = settings(max_examples=80, deadline=None)
KINDS = (np.int64, np.int32, np.uint64)


def array(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@given(TOKENS, st.integers(1, 50))
@NO_DEADLINE
def test_the_synthetic_limit_is_the_last_integer_that_holds(human: int, percent: int) -> None:
    limit = synthetic_limit(human, percent)
    assert holds(anchor=0, human=human, synthetic=limit, cap_percent=percent, anchor_percent=0)
    assert not holds(anchor=0, human=human, synthetic=limit + 1, cap_percent=percent, anchor_percent=0)


@given(TOKENS, st.integers(0, 50))
@NO_DEADLINE
def test_the_anchor_need_is_the_first_integer_that_holds(other: int, percent: int) -> None:
    need = anchor_need(other, percent)
    assert holds(anchor=need, human=other, synthetic=0, cap_percent=1, anchor_percent=percent)
    assert need == 0 or not holds(anchor=need - 1, human=other, synthetic=0, cap_percent=1, anchor_percent=percent)


@given(TOKENS, TOKENS, TOKENS, TOKENS, st.integers(1, 50))
@NO_DEADLINE
def test_anchors_never_make_room_for_synthetic_text(anchor: int, more: int, human: int, synthetic: int, percent: int) -> None:
    given_ = {"human": human, "synthetic": synthetic, "cap_percent": percent, "anchor_percent": 0}
    assert holds(anchor=anchor, **given_) == holds(anchor=anchor + more, **given_)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=60), st.integers(0, 2**32), st.integers(0, 100))
@LAWS
def test_a_prefix_holds_every_slice_by_its_share_to_about_a_row(tokens: list[int], seed: int, percent: int) -> None:
    sizes, slices = array(tokens), array([n % 3 for n in range(len(tokens))])
    order = stratified_order(sizes, slices, seeded_keys([str(n) for n in range(len(tokens))], seed))
    assert sorted(order.tolist()) == list(range(len(tokens)))
    whole = int(sizes.sum())
    prefix = order[np.cumsum(sizes[order]) * 100 <= whole * percent]
    for code in range(3):
        of_slice, taken = int(sizes[slices == code].sum()), int(sizes[prefix][slices[prefix] == code].sum())
        assert abs(taken - of_slice * percent / 100) <= 4 * max(tokens)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 3) | st.integers(2**62, 2**64 - 1)), max_size=40))
@LAWS
def test_rows_of_one_key_stand_as_a_plain_sort_by_slice_point_and_key_has_them(rows: list[tuple[int, int, int]]) -> None:
    tokens, slices, keys = (
        np.array(column, dtype=kind) for column, kind in zip([*zip(*rows, strict=True)] or [[]] * 3, KINDS, strict=True)
    )
    by_slice = np.lexsort((keys, slices))
    points = np.zeros(len(rows))
    for name in set(slices.tolist()):
        own = by_slice[slices[by_slice] == name]
        before = np.cumsum(tokens[own]) - tokens[own]
        points[own] = (before + uniform(mixed(keys[own])) * tokens[own]) / max(int(tokens[own].sum()), 1)
    expected = by_slice[np.lexsort((keys[by_slice], points[by_slice]))]
    assert stratified_order(tokens, slices, keys).tolist() == expected.tolist()


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(0, 500))
@NO_DEADLINE
def test_rows_are_taken_in_order_while_they_fit(tokens: list[int], limit: int) -> None:
    expected, room = [], limit
    for place, size in enumerate(tokens):
        if size <= room:
            expected.append(place)
            room -= size
    assert fitting(array(tokens), limit).tolist() == expected


@given(
    st.lists(st.integers(1, 900), min_size=1, max_size=80),
    st.lists(st.integers(1, 900), max_size=80),
    st.lists(st.integers(1, 900), min_size=1, max_size=20),
    st.integers(1, 40),
)
@LAWS
def test_every_shard_meets_both_limits_whatever_the_rows_weigh(
    human: list[int], synthetic: list[int], anchors: list[int], shard_rows: int
) -> None:
    rules = MixRules(shard_rows=shard_rows, most_anchor_passes=10**6)
    chosen = fitting(array(synthetic), synthetic_limit(sum(human), 35))
    weights = array(synthetic)[chosen]
    found = arrange(array(human), weights, array(anchors), rules)
    for shard in range(int(found.human.max()) + 1):
        tokens = {
            "anchor": int(array(anchors)[found.anchor_rows[found.anchor_shards == shard]].sum()),
            "human": int(array(human)[found.human == shard].sum()),
            "synthetic": int(weights[found.synthetic == shard].sum()),
        }
        assert tokens["human"]
        assert holds(**tokens, cap_percent=35, anchor_percent=15)


def test_equal_rows_below_the_cap_all_find_a_shard_and_fill_them_evenly() -> None:
    found = arrange(array([100] * 4000), array([100] * 2000), array([100] * 500), MixRules(shard_rows=500))
    assert (found.synthetic >= 0).all()
    for shards in (found.human, found.synthetic, found.anchor_shards):
        counts = np.bincount(shards)
        assert counts.max() - counts.min() <= 1
    assert len(np.bincount(found.human)) == 14


def test_a_full_mix_leaves_out_about_a_row_a_shard() -> None:
    random = np.random.Generator(np.random.Philox(3))
    human, synthetic = random.integers(50, 500, 5000), random.integers(50, 500, 5000)
    chosen = synthetic[fitting(synthetic, synthetic_limit(int(human.sum()), 35))]
    found = arrange(human, chosen, array([100] * 900), MixRules(shard_rows=500))
    assert (found.synthetic < 0).sum() <= 2 * (found.human.max() + 1)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=60))
@NO_DEADLINE
def test_roles_are_spread_evenly_inside_a_shard(entries: list[tuple[int, int]]) -> None:
    shards, roles = array([shard for shard, _ in entries]), array([role for _, role in entries])
    order = interleaved(shards, roles)
    assert sorted(order.tolist()) == list(range(len(entries)))
    assert (np.diff(shards[order]) >= 0).all()
    for shard in set(shards.tolist()):
        inside = order[shards[order] == shard]
        for role in set(roles[inside].tolist()):
            places = inside[roles[inside] == role]
            assert (np.diff(places) > 0).all()
            for size in range(1, inside.size + 1):
                fair = size * places.size / inside.size
                assert abs(int((roles[inside[:size]] == role).sum()) - fair) <= 2


def test_batches_of_a_shard_hold_the_anchors_to_about_a_row() -> None:
    found = arrange(array([100] * 1000), array([100] * 500), array([100] * 300), MixRules(shard_rows=2000))
    roles = np.repeat([0, 1, 2], [found.anchor_rows.size, 1000, 500])
    order = interleaved(np.zeros(roles.size, dtype=np.int64), roles)
    anchors = [int((roles[order[first : first + 64]] == 0).sum()) for first in range(0, roles.size - 64, 64)]
    assert max(anchors) - min(anchors) <= 2


def test_anchors_that_would_be_worn_out_are_reported() -> None:
    found = arrange(array([1000] * 100), array([]), array([10]), MixRules(most_anchor_passes=3))
    assert found.anchors_unmet == anchor_need(100_000, 15)
    assert not found.anchor_rows.size
