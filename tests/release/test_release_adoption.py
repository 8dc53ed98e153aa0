"""An adopted model is the first release of its line, and is never called what nobody stated."""

import pytest

from governance.errors import ConflictError, RefusedError
from governance.release import kinds
from governance.release.adoption import adopted_as, check_adoptable
from governance.release.fold import fold
from governance.release.history import history
from governance.release.state import INCONCLUSIVE, PROMOTION
from governance.release.targets import rollback_target
from tests.release.ledger_events import adopted, chain, promoted, registered

UNKNOWN, HUMAN = {"low": 0, "high": 1000}, {"low": 0, "high": 0}


def test_an_adoption_is_a_release_and_an_open_intent_in_one_event():
    state = fold(chain(adopted()))
    release = state.releases[1]
    assert (release.kind, release.verdict, release.promoted, state.champion) == ("adopted", INCONCLUSIVE, False, None)
    assert (state.intent.act, state.intent.version, state.intent.approved_by) == (PROMOTION, 1, ("engineer-a",))
    assert [(a.by, a.reason) for a in release.approvals] == [("engineer-a", "serves since spring")]


def test_a_model_of_unknown_past_is_the_baseline_and_not_pre_synthetic():
    state = fold(chain(adopted(), promoted(1)))
    assert (state.champion, state.baseline, state.pre_synthetic) == (1, 1, None)
    with pytest.raises(RefusedError, match="without synthetic ancestors"):
        rollback_target(state, "pre-synthetic")


@pytest.mark.parametrize("tokens", [None, 5000])
def test_a_stated_share_of_nothing_makes_it_pre_synthetic(tokens):
    state = fold(chain(adopted(share=HUMAN, tokens=tokens), promoted(1)))
    assert rollback_target(state, "pre-synthetic").version == 1


@pytest.mark.parametrize(("high", "found"), [(400, 1), (401, None), (1000, None)])
def test_below_a_share_goes_to_an_adopted_model_only_where_its_upper_end_is_below(high, found):
    state = fold(chain(adopted(share={"low": 0, "high": high}), promoted(1)))
    if found:
        assert rollback_target(state, "below:40").version == found
    else:
        with pytest.raises(RefusedError, match="no usable release"):
            rollback_target(state, "below:40")


def test_what_descends_from_an_unknown_past_is_not_pre_synthetic_either_and_is_measured_against_it():
    kind, body = registered(2)
    later = kind, {**body, "passages": 0, "unknown_tokens": 0, "past_share": UNKNOWN}
    state = fold(chain(adopted(), promoted(1), later, promoted(2, 1)))
    assert (state.champion, state.baseline, state.pre_synthetic, state.previous) == (2, 1, None, 1)
    assert state.releases[2].descent.share.high == 1000


def test_history_says_who_adopted_it_and_why():
    (move,) = history(chain(adopted(), promoted(1)))
    assert (move.champion, move.was, move.how, move.why) == (1, None, "adoption", "serves since spring")


def test_a_line_with_a_champion_or_a_waiting_candidate_adopts_nothing():
    with pytest.raises(RefusedError, match="release 1 serves") as caught:
        check_adoptable(fold(chain(registered(1), promoted(1))), "other")
    assert "heirloom init" in str(caught.value)
    with pytest.raises(RefusedError, match="version 1 waits"):
        check_adoptable(fold(chain(registered(1))), "other")
    check_adoptable(fold(chain(registered(1, verdict="block"))), "other")


def test_an_open_act_goes_first_unless_it_is_this_very_adoption():
    state = fold(chain(adopted()))
    check_adoptable(state, "adoption-1")
    with pytest.raises(ConflictError, match="is open"):
        check_adoptable(state, "other")
    assert adopted_as(state, "other") is None


def test_the_body_of_an_adoption_says_everything_that_was_stated():
    assert set(adopted()[1]) == kinds.BODIES[kinds.MODEL_ADOPTED]
