"""A recall taints what descends from it: nothing falls back on a descendant unless a person names it, and no promotion passes it by."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import RefusedError
from governance.release import kinds
from governance.release.fold import fold
from governance.release.kinship import Kinship, descended, way_to
from governance.release.promotion import promotable
from governance.release.state import State
from governance.release.targets import others, passed_over, rollback_target
from tests.release.ledger_events import chain, frozen, promoted, registered, rolled
from tests.world import terms

TERMS = terms(policy_sha256="policy")


def born(version: int, start: int | None, *authors: int, recalled: tuple[int, ...] = (), synthetic: int = 0) -> tuple[str, dict[str, Any]]:
    kind, body = registered(version, synthetic)
    return kind, {**body, "kinship": Kinship(start=start, authors=authors, recalled=recalled).document()}


def night() -> State:
    """1, 2 and 3 served; 3 comes from 2, 4 from 3. 3 was skipped by hand, then 2 was left for 1: 2 is recalled."""
    events = [born(1, None), promoted(1), born(2, 1), promoted(2, 1), born(3, 2), promoted(3, 2), rolled(2, 3), rolled(1, 2)]
    return fold(chain(*events))


def test_the_seq_of_the_rollback_is_kept_with_what_it_recalled():
    state = night()
    assert {r.version: r.quarantined_seq for r in state.recalled} == {2: 8, 3: 7}


def line(*events: tuple[str, dict[str, Any]]) -> State:
    """1, 2, 3 and 4 served in order, each from the one before; 4 was left for 2, then 2 for 1: 3 is usable and descends from 2."""
    served = [born(1, None), promoted(1), born(2, 1), promoted(2, 1), born(3, 2), promoted(3, 2), born(4, 3), promoted(4, 3)]
    return fold(chain(*served, rolled(2, 4), rolled(1, 2), *events))


def test_what_descends_from_a_recalled_release_is_tainted_and_nothing_falls_on_it_by_itself():
    state = line()
    assert (state.champion, [r.version for r in state.recalled], state.tainted) == (1, [2, 4], {3})
    assert state.releases[3].usable
    assert [r.version for r in state.sound] == [1]
    assert (state.pre_synthetic, state.baseline, state.best_ever) == (1, 1, None)
    assert (rollback_target(state, "pre-synthetic").version, rollback_target(state, "below:40").version) == (1, 1)


def test_previous_passes_a_descendant_over_and_a_person_may_name_it():
    state = line(rolled(3, 1), born(5, 1, recalled=(2, 4)), promoted(5, 3))
    assert state.served == (1, 3, 5)
    target = rollback_target(state, "previous")
    assert (target.version, passed_over(state, target)) == (1, (3,))
    assert rollback_target(state, "3").version == 3
    assert [r.version for r in others(state, state.releases[1])] == [3]


def test_with_nothing_sound_left_the_refusal_says_which_release_descends_from_a_recalled_one():
    events = [born(1, None), promoted(1), born(2, 1), promoted(2, 1), born(3, 1), promoted(3, 2), rolled(1, 2)]
    state = fold(chain(*events, rolled(3, 1), rolled(3, 3)))
    with pytest.raises(RefusedError, match=r"no usable release"):
        rollback_target(fold(chain(born(1, None, synthetic=5), promoted(1))), "pre-synthetic")
    assert state.previous == 1


def test_a_candidate_that_was_made_before_a_recall_is_refused_and_one_that_barred_it_may_be_promoted():
    before = [born(1, None), promoted(1), frozen(3), born(2, 1), promoted(2, 1)]
    late = fold(chain(*before[:3], born(3, 1), *before[3:], rolled(1, 2)))
    with pytest.raises(RefusedError, match=r"version 3 was made before release 2 \(ledger 7\) was recalled"):
        promotable(late, 3, TERMS)
    barred = fold(chain(*before, rolled(1, 2), born(4, 1, recalled=(2,))))
    assert promotable(barred, 4, TERMS).version == 4


@pytest.mark.parametrize(("start", "authors"), [(3, ()), (1, (3,)), (1, (2,))])
def test_a_candidate_that_descends_from_a_recalled_release_is_refused_whatever_its_cycle_barred(start, authors):
    state = line(born(5, start, *authors, recalled=(2, 4)))
    with pytest.raises(RefusedError, match="version 5 descends from release 2, which was recalled in ledger 10"):
        promotable(state, 5, TERMS)
    assert 5 in state.tainted


def test_an_older_ledger_folds_and_a_candidate_of_it_counts_as_started_from_the_champion_of_then():
    old = fold(chain(registered(1), promoted(1), registered(2), promoted(2, 1), registered(3), rolled(1, 2)))
    assert old.releases[3].kinship is None
    assert old.tainted == {3}
    assert "kinship" in kinds.LATER[kinds.CANDIDATE_REGISTERED]


GRAPHS = st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=3), max_size=10)


@given(GRAPHS, st.sets(st.integers(0, 9), max_size=3))
def test_who_descends_has_a_way_to_an_ancestor_and_nobody_else_has(parents, ancestors):
    below = descended(parents, ancestors)
    for version in set(parents) - ancestors:
        way = way_to(parents, version, ancestors)
        assert (version in below) == bool(way)
        assert all(parent in parents[child] for child, parent in pairwise(way))
        assert not way or way[-1] in ancestors
