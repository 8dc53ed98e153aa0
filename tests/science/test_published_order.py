"""Regimes lose the tail in the published order, on a tiny corpus with our own n-gram trainer."""

import numpy as np
import pytest

from governance.drills.generations import FIXED, REPLACE
from governance.drills.published_order import KEPT, ORDER, THEIR_SHARES, Course, Play, courses, share_arms
from tests.drills.small_reports import corpus, silent


@pytest.fixture(scope="module")
def found() -> dict[str, Course]:
    play = Play(human=corpus(1, 1200), held_out=corpus(2, 150), generations=5, seeds=3, tokens=8000, vocabulary=400)
    return {course.arm.name: course for course in courses(play, (*ORDER, KEPT), 1, silent)}


def test_the_more_of_its_own_text_a_model_learns_from_the_more_it_loses(found: dict[str, Course]):
    lost = [found[arm.name].last for arm in ORDER]
    assert lost == sorted(lost, reverse=True)
    assert 0.95 < lost[-1] < 1.02, "people's text alone loses nothing"


def test_replacing_runs_away_and_keeping_what_people_wrote_does_not(found: dict[str, Course]):
    replaced, fixed, kept = (np.log(found[name].ratios.mean(axis=0)) for name in (REPLACE, FIXED, KEPT.name))
    assert replaced[-1] > 2 * fixed[-1] > 0
    assert replaced[-1] > 2 * kept[-1] > 0
    assert replaced[-1] - replaced[-2] > 2 * (kept[-1] - kept[-2])


def test_the_last_quarter_of_human_text_is_worth_the_most():
    play = Play(human=corpus(1, 1200), held_out=corpus(2, 150), generations=1, seeds=6, tokens=8000, vocabulary=400)
    ours = [course.last for course in courses(play, share_arms(), 2, silent)]
    for ratios in (ours, [perplexity / THEIR_SHARES[0] for perplexity in THEIR_SHARES]):
        steps = np.diff(ratios)
        assert (steps > 0).all()
        assert steps.argmax() == 3
