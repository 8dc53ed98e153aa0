"""The n-gram proxy: what it writes is what it learnt, and caps come out in order on a tiny corpus, over several seeds."""

from collections import Counter

import numpy as np
import pytest

from governance.adapters.ngram_lm.counts import count_blocks
from governance.adapters.ngram_lm.writing import write_texts
from governance.drills.generations import Arm, opening
from governance.drills.what_if import Grid, Spread, WhatIf, play
from governance.errors import UsageError
from tests.drills.small_reports import corpus, silent


@pytest.fixture(scope="module")
def found() -> WhatIf:
    return play(corpus(1, 400), corpus(2, 60), Grid(caps=(0, 35, 50), cycles=3, seeds=3, vocabulary=400), 7, silent)


def test_tails_are_lost_in_order_of_how_much_model_text_came_in(found: WhatIf) -> None:
    last = {course.arm.name: course.tail_perplexity[-1] for course in found.courses}
    means = [last[name].mean for name in ("replace", "cap 50 %", "cap 35 %", "human only")]
    assert means == sorted(means, reverse=True)
    assert last["replace"].low > last["cap 50 %"].high
    assert last["cap 35 %"].mean > last["human only"].mean * 1.005
    assert last["accumulate"].high < last["replace"].low


def test_the_control_stays_where_generation_0_was(found: WhatIf) -> None:
    spread = found.course("human only").tail_perplexity[-1]
    assert 0.9 < spread.low <= spread.mean <= spread.high < 1.1


def test_every_course_has_a_spread_a_cycle_and_says_how_large_the_play_was(found: WhatIf) -> None:
    assert [course.arm.name for course in found.courses] == ["replace", "accumulate", "cap 50 %", "cap 35 %", "human only"]
    assert {len(course.tail_perplexity) for course in found.courses} == {len(course.distinct_2) for course in found.courses} == {3}
    assert found.set_tokens == found.corpus_tokens // 2
    assert found.tail_documents == 60


def test_one_seed_is_one_play_and_another_seed_another() -> None:
    grid = Grid(caps=(0,), cycles=1, seeds=1, vocabulary=400)
    plays = [play(corpus(1, 200), corpus(2, 20), grid, seed, silent) for seed in (7, 7, 8)]
    assert plays[0] == plays[1] != plays[2]


def test_a_corpus_that_is_too_small_is_refused_with_its_size() -> None:
    with pytest.raises(UsageError, match=r"tokens of pinned human text and 0 tail documents"):
        play(corpus(1, 400), [], Grid(), 7, silent)
    with pytest.raises(UsageError, match="at least 4000 tokens"):
        play(corpus(1, 20), corpus(2, 5), Grid(), 7, silent)


@pytest.mark.parametrize(
    "wrong", [{"caps": (20, 35)}, {"caps": (0, 96)}, {"cycles": 0}, {"seeds": 101}, {"tokens": 0}, {"anchor_percent": 51}]
)
def test_an_impossible_grid_cannot_be_built(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Grid(**wrong)  # type: ignore[arg-type]


def test_a_spread_holds_mean_and_extremes() -> None:
    assert Spread.of([0.5, 2.0, 1.0]) == Spread(mean=pytest.approx(1.0), low=0.5, high=2.0)
    assert Spread.of([0.0, 1.0]).mean == 0.0


def test_the_first_texts_hold_exactly_the_tokens_that_are_wanted_with_their_ends() -> None:
    texts = [np.arange(1, 6), np.arange(1, 4), np.arange(1, 9)]
    for tokens in range(2, 19):
        assert sum(len(text) + 1 for text in opening(texts, tokens)) in {tokens, tokens - 1}
    assert opening(texts, 0) == []
    assert (Arm(regime="replace").name, Arm(regime="capped", cap_percent=0).name) == ("replace", "human only")


def test_many_texts_at_once_follow_the_distribution_of_the_model() -> None:
    stream = np.random.Generator(np.random.Philox(3))
    tokens = np.concatenate([[0], stream.integers(1, 6, 400)]).astype(np.int32)
    tokens[stream.random(401) < 0.1] = 0
    counts = count_blocks(tokens[None, :], np.ones(1), 8)
    texts = write_texts(counts, 20_000, 3, stream)
    firsts = Counter(int(text[0]) if len(text) else 0 for text in texts)
    for token, chance in enumerate(counts.distribution(0, 0)):
        assert firsts[token] / len(texts) == pytest.approx(chance, abs=0.012)
    after = [text for text in texts if len(text) and text[0] == 3]
    seconds = Counter(int(text[1]) if len(text) > 1 else 0 for text in after)
    for token, chance in enumerate(counts.distribution(0, 3)):
        assert seconds[token] / len(after) == pytest.approx(chance, abs=0.035)
