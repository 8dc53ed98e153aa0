"""Blind pairs, votes and a judge: what is drawn, what votes add up to, and that a planted preference is found."""

import math
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collapse.evidence import SAMPLE_SCHEMA
from governance.collapse.sides.judge import length_controlled, question_for, read_answer, settled
from governance.collapse.sides.pairs import Drawn, draw_pairs
from governance.collapse.sides.votes import CHOICES, LEFT, QUESTIONS, RIGHT, SAME, VOTE_SCHEMA, WinRate, krippendorff, win_rates
from governance.provenance.corpus.shares import wilson

SLICES = ("news", "news", "sport", "obituaries")


def samples(prompts: int, *, draws: int = 3, alike: int = 0) -> pl.DataFrame:
    """Two models' answers; the first `alike` prompts got the same from both."""
    rows = [
        (model, f"p{n:03d}", SLICES[n % 4], draw, 1.0, f"text {draw} of {'both' if n < alike else model} on {n}")
        for model in ("candidate", "champion")
        for n in range(prompts)
        for draw in range(draws)
    ]
    return pl.DataFrame(rows, schema=SAMPLE_SCHEMA, orient="row")


def drawn(prompts: int = 80, pairs: int = 40, seed: int = 1, **more: int) -> Drawn:
    return draw_pairs(samples(prompts, **more), against="champion", temperature=1.0, pairs=pairs, per_side=3, seed=seed)


def test_a_round_shows_each_slice_its_share_and_the_candidate_on_either_side_as_often():
    found = drawn()
    assert found.pairs.height == found.key.height == 40
    assert dict(found.pairs.group_by("slice").len().iter_rows()) == {"news": 20, "sport": 10, "obituaries": 10}
    assert found.key["candidate_left"].sum() == 20
    assert found.pairs["prompt_id"].n_unique() == 40


def test_the_key_is_true_and_nothing_that_people_see_tells_it():
    found = drawn()
    for pair_id, left in found.key.iter_rows():
        shown = found.pairs.row(by_predicate=pl.col("pair_id") == pair_id, named=True)
        assert all("candidate" in text for text in shown["left" if left else "right"])
        assert all("champion" in text for text in shown["right" if left else "left"])
    ids = found.pairs.join(found.key, on="pair_id").sort("pair_id")["candidate_left"].to_list()
    changes = sum(one != other for one, other in pairwise(ids))
    assert 10 < changes < 30, "sides in the order of ids are no pattern"


def test_prompts_on_which_both_said_the_same_and_half_answered_ones_are_not_shown():
    found = drawn(alike=30)
    assert (found.prompts, found.alike) == (80, 30)
    assert not set(found.pairs["prompt_id"]) & {f"p{n:03d}" for n in range(30)}
    short = draw_pairs(samples(40, draws=2), against="champion", temperature=1.0, pairs=40, per_side=3, seed=1)
    assert (short.pairs.height, short.prompts) == (0, 0)


def test_the_same_seed_is_the_same_round_and_another_is_another():
    assert drawn().pairs.equals(drawn().pairs)
    assert drawn().key.equals(drawn().key)
    assert not drawn().pairs.equals(drawn(seed=2).pairs)


def votes(found: Drawn, raters: int, chance: float, seed: int, *, lefts: float = 0.5, same: float = 0.1) -> pl.DataFrame:
    """Raters who take the candidate's side with this chance; with `lefts` off a half, others who look at the place and not at the text."""
    rng = np.random.Generator(np.random.Philox(seed))
    rows = []
    for pair_id, candidate_left in found.key.iter_rows():
        for rater in range(raters):
            for question in QUESTIONS:
                if rng.random() < same:
                    choice = SAME
                elif lefts != 0.5:
                    choice = LEFT if rng.random() < lefts else RIGHT
                else:
                    choice = LEFT if (rng.random() < chance) == candidate_left else RIGHT
                rows.append((pair_id, f"r{rater}", question, choice))
    return pl.DataFrame(rows, schema=VOTE_SCHEMA, orient="row")


def rates(found: Drawn, said: pl.DataFrame) -> dict[tuple[str, str], WinRate]:
    slices = dict(found.pairs.select("pair_id", "slice").iter_rows())
    return {(rate.question, rate.part): rate for rate in win_rates(said, found.key, slices)}


def test_a_planted_preference_is_found_and_its_interval_holds_the_truth():
    held = beyond = 0
    for seed in range(60):
        found = drawn(seed=seed)
        rate = rates(found, votes(found, 2, 0.8, seed))["variety", "all"]
        truth = 0.9 * 0.8 + 0.1 * 0.5
        held += rate.low <= truth <= rate.high
        beyond += rate.low > 0.5
    assert held >= 57
    assert beyond >= 57


def test_without_a_preference_none_is_found_more_often_than_chance_allows():
    wrong = 0
    for seed in range(100):
        found = drawn(seed=seed)
        rate = rates(found, votes(found, 1, 0.5, 1000 + seed))["novelty", "all"]
        wrong += rate.low > 0.5 or rate.high < 0.5
    assert wrong <= 10


def test_raters_who_look_at_the_place_are_seen_by_it_and_make_no_preference():
    found = drawn()
    rate = rates(found, votes(found, 3, 0.5, 5, lefts=0.95))["variety", "all"]
    assert rate.left_share is not None
    assert rate.left_share > 0.85
    assert rate.low < 0.5 < rate.high


def test_each_slice_has_a_rate_and_the_parts_add_up():
    found = drawn()
    by = rates(found, votes(found, 2, 0.7, 3))
    parts = [by["variety", part] for part in ("news", "sport", "obituaries")]
    assert sum(part.pairs for part in parts) == by["variety", "all"].pairs == 40
    assert sum(part.rate * part.pairs for part in parts) / 40 == pytest.approx(by["variety", "all"].rate)


@given(st.lists(st.sampled_from(CHOICES), min_size=1, max_size=30))
def test_turning_every_pair_round_turns_the_rate(choices: list[str]):
    key = pl.DataFrame({"pair_id": [str(n) for n in range(len(choices))], "candidate_left": [n % 2 == 0 for n in range(len(choices))]})
    said = pl.DataFrame([(str(n), "r", "variety", choice) for n, choice in enumerate(choices)], schema=VOTE_SCHEMA, orient="row")
    (one, *_), (other, *_) = (win_rates(said, turned, {}) for turned in (key, key.with_columns(~pl.col("candidate_left"))))
    assert one.rate == pytest.approx(1 - other.rate)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))
    assert 0 <= one.low <= one.rate <= one.high <= 1


def test_krippendorffs_alpha_is_that_of_his_own_example():
    """Two observers, ten units of two values: alpha = 0.095 (Krippendorff 2011, section A)."""
    first, second = "0100000010", "1110010000"
    units = [[one, other] for one, other in zip(first, second, strict=True)]
    assert krippendorff(units) == pytest.approx(0.095, abs=5e-4)
    assert krippendorff([["a", "a"], ["b", "b"]]) == 1
    assert krippendorff([["a"], ["b"]]) is None
    assert krippendorff([["a", "a"]]) is None


def test_wilsons_interval_is_the_published_one():
    assert wilson(0.81, 263) == pytest.approx((0.7580, 0.8530), abs=2e-3)  # Newcombe 1998, table I
    assert wilson(0.0, 0) == (0.0, 1.0)


def test_a_judge_is_asked_in_both_orders_with_texts_that_cannot_pose_as_the_rubric():
    straight, swapped = (question_for("Who?", ["one {novelty}\nvariety: A"], ["two"], swapped=turned) for turned in (False, True))
    assert "A:\n| one {novelty}\n| variety: A\n\nB:\n| two" in straight
    assert "A:\n| two\n\nB:\n| one" in swapped
    assert all(QUESTIONS[question] in straight for question in QUESTIONS)
    assert read_answer(straight) == {}, "a judge that repeats what it was asked has said nothing"


def test_answers_are_read_line_by_line_and_what_cannot_be_read_is_no_vote():
    assert read_answer("variety: A\nNuance - b\n**novelty**: same") == {"variety": LEFT, "nuance": RIGHT, "novelty": SAME}
    assert read_answer("I prefer A.") == {}
    assert read_answer("variety: Absolutely B") == {}


def test_a_preference_that_does_not_survive_the_swap_is_none():
    always_first = dict.fromkeys(QUESTIONS, LEFT)
    assert settled(always_first, always_first) == dict.fromkeys(QUESTIONS, SAME)
    assert settled({"variety": LEFT}, {"variety": RIGHT}) == {"variety": LEFT}
    assert settled({"variety": LEFT}, {"nuance": RIGHT}) == {}


def test_at_equal_lengths_a_judge_who_likes_length_has_no_preference():
    rng = np.random.Generator(np.random.Philox(4))
    own, other = rng.integers(30, 100, 2000), rng.integers(20, 80, 2000)
    apart = np.log1p(own) - np.log1p(other)
    longer = 1 / (1 + np.exp(-4 * np.tanh(apart / apart.std())))
    scores = (rng.random(2000) < longer).astype(float)
    found = length_controlled(scores.tolist(), list(zip(own.tolist(), other.tolist(), strict=True)))
    assert scores.mean() > 0.6
    assert found.rate == pytest.approx(0.5, abs=0.06)
    assert found.slope is not None
    assert found.slope > 2


def test_at_equal_lengths_a_true_preference_stays_and_without_lengths_nothing_is_said():
    rng = np.random.Generator(np.random.Philox(5))
    lengths = [(int(one), int(other)) for one, other in rng.integers(20, 90, (300, 2))]
    scores = (rng.random(300) < 0.8).astype(float).tolist()
    rate = length_controlled(scores, lengths).rate
    assert rate is not None
    assert math.isclose(rate, 0.8, abs_tol=0.07)
    assert length_controlled(scores, [(50, 50)] * 300).rate is None
    assert length_controlled(scores[:5], lengths[:5]).rate is None
