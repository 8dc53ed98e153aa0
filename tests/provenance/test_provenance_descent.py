"""A synthetic token counts once for each model that it went through; shares stay shares, and nothing depends on the order of parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.descent import Bounds, Descent, human_text, synthetic_text, uncounted_text, unknown_text

tokens = st.integers(0, 10_000)
depths = st.integers(1, 6)
weights = st.integers(0, 1000)


@st.composite
def parts(draw: st.DrawFn) -> Descent:
    """Human text, synthetic text of some depth and mean, text that nobody knows, or text that nobody counted."""
    count, depth = draw(tokens), draw(depths)
    passages = draw(st.integers(1000, 1000 * depth))
    synthetic = synthetic_text(count, passages=passages, depth=depth, weight=draw(weights))
    low = draw(st.integers(0, 1000))
    past = uncounted_text(Bounds(low=low, high=draw(st.integers(low, 1000))))
    return draw(st.sampled_from([human_text(count), synthetic, synthetic, unknown_text(count), past]))


def summed(pieces: list[Descent]) -> Descent:
    return sum(pieces, start=Descent())


@given(st.lists(parts(), max_size=8), st.randoms(use_true_random=False))
def test_parts_add_up_in_any_order_and_every_share_stays_between_nothing_and_all(pieces: list[Descent], luck: object) -> None:
    whole = summed(pieces)
    shuffled = list(pieces)
    luck.shuffle(shuffled)  # type: ignore[attr-defined]
    assert summed(shuffled) == whole
    assert summed(pieces[:3]) + summed(pieces[3:]) == whole
    for share in (whole.share, whole.effective_share):
        assert 0 <= share.low <= share.high <= 1000
    assert whole.mean_depth.high <= 1000 * max(whole.depth, 1)


@given(human=tokens, synthetic=tokens)
def test_the_effective_share_is_the_raw_share_where_every_author_learnt_from_people_alone(human: int, synthetic: int) -> None:
    whole = human_text(human) + synthetic_text(synthetic, passages=1000, depth=1)
    assert whole.effective_share == whole.share == whole.mean_depth


@given(human=tokens, synthetic=tokens, more=st.integers(0, 500), depth=depths, data=st.data())
def test_the_effective_share_never_falls_with_the_share_nor_with_the_depth(
    human: int, synthetic: int, more: int, depth: int, data: st.DataObject
) -> None:
    low = data.draw(st.integers(1000, 1000 * depth))
    high = data.draw(st.integers(low, 1000 * depth))
    base = human_text(human) + synthetic_text(synthetic, passages=low, depth=depth)
    moved = min(more, human)
    fuller = human_text(human - moved) + synthetic_text(synthetic + moved, passages=low, depth=depth)
    deeper = human_text(human) + synthetic_text(synthetic, passages=high, depth=depth)
    for worse in (fuller, deeper):
        assert worse.effective_share.high >= base.effective_share.high
        assert worse.mean_depth.high >= base.mean_depth.high


@given(st.lists(parts(), min_size=1, max_size=6), st.integers(1, 99))
def test_a_line_whose_every_run_holds_the_cap_holds_it_for_ever(pieces: list[Descent], percent: int) -> None:
    holding = [piece for piece in pieces if not piece.exceeds(percent)]
    assert not summed(holding).exceeds(percent)


@given(st.lists(parts(), max_size=6), st.integers(1, 99))
def test_the_cap_is_compared_exactly_and_never_against_a_rounded_number(pieces: list[Descent], percent: int) -> None:
    whole = summed(pieces)
    if whole.effective_share.high > 10 * percent:
        assert whole.exceeds(percent)
    if whole.exceeds(percent):
        assert whole.effective_share.high >= 10 * percent


@given(parts(), st.integers(0, 5))
def test_text_shown_twice_counts_twice(piece: Descent, count: int) -> None:
    assert piece.times(count) == summed([piece] * count)


def test_an_unknown_past_is_anything_from_none_to_all_and_fades_as_the_line_learns() -> None:
    adopted = unknown_text(1000)
    assert adopted.share == adopted.effective_share == Bounds(low=0, high=1000)
    later = adopted + human_text(2500) + synthetic_text(500, passages=1000, depth=1)
    assert later.share == Bounds(low=125, high=375)
    assert (later.depth, later.share.exact) == (1, False)


@given(share=st.integers(0, 1000), counted=st.integers(1, 10_000), human=tokens, model=tokens)
def test_bounds_over_an_uncounted_past_hold_whatever_its_size_was(share: int, counted: int, human: int, model: int) -> None:
    fresh = human_text(human) + synthetic_text(model, passages=1000, depth=1)
    synthetic = counted * share // 1000
    true = fresh + human_text(counted - synthetic) + synthetic_text(synthetic, passages=1000, depth=1)
    stated = fresh + uncounted_text(Bounds(low=1000 * synthetic // counted, high=-(-1000 * synthetic // counted)))
    for found, bounds in ((true.share, stated.share), (true.effective_share, stated.effective_share)):
        assert bounds.low <= found.low <= found.high <= bounds.high


def test_a_past_that_nobody_counted_never_fades_and_caps_take_its_upper_end() -> None:
    line = uncounted_text(Bounds(low=100, high=400)) + human_text(10**9)
    assert line.share == line.effective_share == line.mean_depth == Bounds(low=0, high=400)
    assert (line.depth, line.least_depth, line.open) == (0, 1, True)
    assert (line.exceeds(39), line.exceeds(40)) == (True, False)
    assert not uncounted_text(Bounds(low=0, high=0)).open


def test_a_hybrid_counts_in_full_unless_it_proved_what_a_person_gave_back() -> None:
    full = synthetic_text(100, passages=1000, depth=1)
    proved = synthetic_text(100, passages=1000, depth=1, weight=400)
    assert (full.share.high, proved.share.high, proved.effective_share.high) == (1000, 400, 400)
    assert synthetic_text(100, passages=1500, depth=2, weight=0) == human_text(100)


@pytest.mark.parametrize(
    "wrong",
    [
        {"human": -1},
        {"synthetic": 5, "passages": 5},
        {"depth": 1},
        {"synthetic": 5, "passages": 4, "depth": 1},
        {"synthetic": 5, "passages": 11, "depth": 2},
        {"past": Bounds(low=0, high=1001)},
    ],
)
def test_impossible_descents_cannot_be_built(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"negative|depth|passages|past"):
        Descent(**wrong)


def test_impossible_bounds_and_weights_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="no bounds"):
        Bounds(low=2, high=1)
    with pytest.raises(ValueError, match="weight"):
        synthetic_text(1, passages=1000, depth=1, weight=1001)
