"""A share is read from scores as a whole, and what a generator that nobody saw may do to it is measured on those that were held out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_scores import World

from governance.provenance.laundering.mixture import mixture_of
from governance.provenance.laundering.quantifier import Quantifier, best_quantifier, quantifier_of
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.shapes import BINS, Floats, Shapes, chances, shapes_of
from governance.provenance.laundering.share import Share, able_to_tell, estimated

RULES = LaunderingRules()
COUNTS = st.lists(st.integers(1, 400), min_size=4, max_size=4).map(lambda rows: np.array(rows, dtype=np.float64))


def stream(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def shapes(places: list[float], rows: int = 20_000, wide: float = 1.0) -> Shapes:
    draws = stream()
    known = [draws.normal(place, wide, rows) for place in places]
    return shapes_of(draws.normal(0, 1, rows), np.ones(rows), rows, known)


def told_of(quantifier: Quantifier, share: float, place: float, wide: float = 1.0) -> float:
    """The share that it tells of a large batch, a share of which scores around a place."""
    draws, rows = stream(2), 200_000
    laundered = round(share * rows)
    scores = np.concatenate([draws.normal(place, wide, laundered), draws.normal(0, 1, rows - laundered)])
    return quantifier.told(quantifier.shapes.counted(scores, 1_000)).corrected


@given(flagged=st.integers(0, 500), false=st.integers(0, 60), true=st.integers(110, 200))
def test_with_two_bins_it_is_the_correction_of_rogan_and_gladen(flagged: int, false: int, true: int):
    people = chances(np.array([200.0 - false, false]))
    mixture = mixture_of(people, np.array([[200.0 - true, true]]), np.array([0.0, 1.0]), moving=False)
    rate = flagged / 500
    expected = (rate - people[1]) / (mixture.models[0, 1] - people[1])
    found = mixture.shares(np.array([[500.0 - flagged, flagged]]))[0]
    edges = (-people[1], people[0]) / (mixture.models[0, 1] - people[1]) * 0.98
    assert found == pytest.approx(np.clip(expected, max(edges[0], -0.5), min(edges[1], 1.5)), abs=1e-4)


@settings(max_examples=40)
@given(people=COUNTS, model=COUNTS, share=st.floats(0, 1))
def test_what_is_mixed_of_the_known_shapes_is_told_exactly(people: Floats, model: Floats, share: float):
    mixture = mixture_of(chances(people), model[None], np.arange(4.0), moving=False)
    if np.abs(mixture.models[0] - mixture.people).max() > 0.02:
        mixed = (1 - share) * mixture.people + share * mixture.models[0]
        assert mixture.shares(1_000 * mixed[None])[0] == pytest.approx(share, abs=0.03 if share > 0.97 else 1e-4)


@pytest.mark.parametrize("moving", [False, True])
def test_scores_are_read_by_their_order_where_nothing_moves_and_a_batch_of_people_has_no_share(moving: bool):
    scores = stream(3).normal(0, 1, 5_000)
    found = quantifier_of(shapes([1.8, 2.0, 2.2, 2.0]), moving=moving)
    assert abs(found.told(found.shapes.counted(scores, 1_000)).corrected) < 0.03
    draws = stream()
    known = [np.exp(draws.normal(place, 1, 500)) for place in (1.5, 2.0, 2.5)]
    plain = shapes_of(np.log(known[0]), np.ones(500), 500, [np.log(rows) for rows in known])
    bent = shapes_of(known[0], np.ones(500), 500, known)
    assert np.array_equal(plain.models, bent.models)
    assert np.allclose(np.exp(plain.lines), bent.lines)


def test_bins_are_as_many_as_the_scores_allow_and_hold_every_row():
    one = shapes_of(np.zeros(50), np.ones(50), 50, [np.zeros(30), np.ones(30), np.ones(30)])
    assert len(one.lines) < BINS
    assert one.human.sum() == 50
    assert one.models.sum(axis=1).tolist() == [30, 30, 30]
    assert one.counted(np.array([-9.0, 0.0, 0.5, 9.0]), 2.0).sum() == pytest.approx(2.0)


def test_the_batch_says_where_the_launderers_scores_lie_where_they_may_move():
    """A launderer that is easier to see than any other: held fixed, the shapes take it for more rows than there are."""
    known = shapes([1.6, 1.9, 2.0, 2.1, 2.4])
    fixed, moving = (abs(told_of(quantifier_of(known, moving=moving), 0.3, 2.7) - 0.3) for moving in (False, True))
    assert moving < fixed / 2


def test_the_error_of_one_more_generator_is_measured_and_not_assumed():
    """Generators that differ in the width of their scores, for which no shape moves: their gains differ, and the interval is wide."""
    alike, unlike = shapes([2.0] * 6), [0.3, 0.6, 1.0, 1.3, 1.6, 2.0]
    draws = stream()
    odd = shapes_of(draws.normal(0, 1, 20_000), np.ones(20_000), 20_000, [draws.normal(2.0, wide, 20_000) for wide in unlike])
    even, uneven = (quantifier_of(one, moving=True).usual.spread for one in (alike, odd))
    assert uneven > 5 * even
    best, variance = best_quantifier(odd)
    assert best is not None
    assert variance == min(quantifier_of(odd, moving=moving).usual.variance for moving in (False, True))


def test_two_generators_are_too_few_to_leave_one_out():
    assert best_quantifier(shapes([2.0, 2.0], rows=200)) == (None, float("inf"))


def test_a_detector_whose_separation_is_not_sure_gives_no_share_even_if_it_is_good_on_average():
    near = World(apart=1.2, spread=0.1).detector(stream())
    unsure = World(apart=2.0, spread=0.9).detector(stream())
    sure = World().detector(stream())
    assert [isinstance(able_to_tell(one, RULES), Quantifier) for one in (near, unsure, sure)] == [False, False, True]
    assert unsure.youden > 0.5


def generators(kind: str, draws: np.random.Generator) -> list[Floats]:
    """Nine generators, the last of which launders: what they differ in is no place on the scale of scores."""
    found = []
    for _ in range(9):
        place, rows = draws.normal(2.5, 0.2), 150 if len(found) < 8 else 300
        if kind == "some of its rows pass for human":
            found.append(np.where(draws.random(rows) < draws.beta(3, 17), draws.normal(0, 1, rows), draws.normal(place, 1, rows)))
        elif kind == "wider or narrower":
            found.append(draws.normal(place, np.exp(draws.normal(0, 0.2)), rows))
        else:
            lean = draws.uniform(0.3, 1.2)
            found.append(place + lean - lean * draws.exponential(1, rows) + draws.normal(0, 0.6, rows))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["some of its rows pass for human", "wider or narrower", "leaning"])
def test_intervals_nearly_cover_a_launderer_whose_scores_have_a_shape_of_their_own(kind: str):
    held = []
    for seed in range(100):
        draws = stream(seed)
        *known, launderer = generators(kind, draws)
        found = World().detector_of(draws, known)
        sight = World().sight_of(found, np.concatenate([launderer, draws.normal(0, 1, 700)]))
        answer = estimated([sight], RULES, draws)
        if isinstance(answer, Share):
            held.append(answer.low <= 0.3 <= answer.high)
    assert np.mean(held) >= 0.91  # 0.98, 0.92 and 0.97: with widths that differ as well, 95 % is not quite reached
    assert len(held) >= 80
