"""Where a rollback may go."""

import pytest

from governance.errors import RefusedError, UsageError
from governance.release import kinds
from governance.release.fold import fold
from governance.release.targets import others, rollback_target, skipped
from tests.release.ledger_events import chain, promoted, registered, rolled


def story(*more):
    """1 and 2 human only; 3 at 20 %, 4 at 45 %, 5 at 10 % in their worst shards; 6 blocked."""
    facts = [(1, 0, 0), (2, 0, 0), (3, 100, 20), (4, 200, 45), (5, 50, 10)]
    events = [registered(version, synthetic, worst) for version, synthetic, worst in facts] + [registered(6, 50, 10, "block")]
    return fold(chain(*events, *[promoted(v, v - 1 or None) for v in range(1, 6)], *more))


@pytest.mark.parametrize(
    ("to", "version"),
    [("previous", 4), ("pre-synthetic", 2), ("below:40", 3), ("below:44", 3), ("below:45", 5), ("below:5", 2), ("1", 1), ("5", 5)],
)
def test_each_form_means_one_release(to, version):
    assert rollback_target(story(), to).version == version


def test_below_stops_at_the_first_release_that_exceeded_even_where_it_is_quarantined():
    assert rollback_target(story(rolled(3, 5), promoted(5, 3)), "below:40").version == 3
    assert rollback_target(story(rolled(4, 5), rolled(3, 4)), "below:40").version == 3


def test_below_passes_over_what_is_quarantined():
    assert rollback_target(story(rolled(3, 5), rolled(2, 3)), "below:40").version == 2


def test_previous_passes_over_what_is_quarantined():
    assert rollback_target(story(rolled(4, 5)), "previous").version == 3


def test_previous_during_a_promotion_is_the_champion_that_it_wants_to_replace():
    state = story((kinds.PROMOTION_INTENDED, {"version": 6, "from": 5, "checkpoint": "x", "approved_by": []}))
    assert rollback_target(state, "previous").version == 5


@pytest.mark.parametrize(
    ("to", "said"),
    [("6", "was never promoted"), ("9", "is not registered"), ("5", "is quarantined")],
)
def test_a_version_that_may_not_serve_is_refused_and_the_usable_ones_are_named(to, said):
    with pytest.raises(RefusedError, match=said) as refused:
        rollback_target(story(rolled(4, 5)), to)
    assert refused.value.expected == "one of the usable releases 1, 2, 3, 4"


@pytest.mark.parametrize("to", ["", "yesterday", "-1", "1.0", "٣", "below:", "below:x", "below:0", "below:101", "9" * 30, "../1"])
def test_anything_else_is_a_usage_error(to):
    with pytest.raises(UsageError):
        rollback_target(story(), to)


def test_before_the_first_promotion_there_is_nothing_to_go_back_to():
    with pytest.raises(RefusedError, match="no release was ever promoted"):
        rollback_target(fold(chain(registered(1))), "previous")


def test_where_nothing_fits_the_error_says_what_there_is():
    only = fold(chain(registered(1, 10, 60), promoted(1)))
    for to in ("previous", "pre-synthetic", "below:40"):
        with pytest.raises(RefusedError) as refused:
            rollback_target(only, to)
        assert refused.value.expected == "one of the usable releases 1"


def test_skipped_are_the_releases_between_and_others_the_next_best():
    state = story()
    assert skipped(state, state.releases[2]) == (4, 3)
    assert [r.version for r in others(state, state.releases[3])] == [2, 1, 4]
