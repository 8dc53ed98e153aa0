"""A model from elsewhere becomes champion once, wherever the process dies, and only in a line that has none."""

import pytest

from governance.actions.adopt import STEPS, adopt
from governance.actions.promote import promote
from governance.actions.reconcile import reconcile
from governance.actions.recover import recover
from governance.errors import DependencyError, IntegrityError, RefusedError
from governance.provenance.descent import Bounds
from governance.release import kinds
from governance.training.adoption import StatedPast
from tests.world import POLICY, Killed, Killer, World, terms


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def adoption(world, desk=None, name="ours", past=None):
    return adopt(desk or world.desk(), world.candidate(name), past or StatedPast(), policy_sha256=POLICY, reason="serves since spring")


def check_adopted(world):
    state = world.state()
    assert (state.champion, state.baseline, state.intent) == (1, 1, None)
    assert world.registry.shown == {"champion": 1}
    assert world.pointer.exists()
    assert world.ledger.kinds() == [kinds.MODEL_ADOPTED, kinds.PROMOTION_COMMITTED]


def test_an_adopted_model_is_kept_shown_and_serves_on_one_persons_word(world):
    passed = Killer()
    done = adoption(world, world.desk(steps=passed))
    assert (done.version, done.changed, done.by, done.baseline, done.pre_synthetic, done.seq) == (1, True, "engineer-a", True, False, 1)
    assert tuple(passed.passed) == STEPS
    check_adopted(world)
    assert world.ledger.kept[1].body == {"version": 1, "from": None, "approved_by": ["engineer-a"]}


def test_the_same_adoption_again_changes_nothing(world):
    adoption(world)
    assert not adoption(world, world.desk("engineer-b")).changed
    check_adopted(world)


@pytest.mark.parametrize("point", STEPS)
def test_an_adoption_killed_anywhere_is_finished_by_the_same_command_once(world, point):
    with pytest.raises(Killed):
        adoption(world, world.desk(steps=Killer(at=point)))
    adoption(world)
    check_adopted(world)


@pytest.mark.parametrize("point", [step for step in STEPS if step not in ("adopt.kept", "adopt.shown", "promote.committed")])
def test_an_adoption_killed_after_its_word_is_finished_by_recovery(world, point):
    with pytest.raises(Killed):
        adoption(world, world.desk(steps=Killer(at=point)))
    world.terms = lambda: terms(environment="production", mode="review")  # an adoption rests on its own word and waits for no other
    assert recover(world.desk()).changed
    check_adopted(world)


def test_a_stated_share_of_nothing_is_pre_synthetic_in_the_views_too(world):
    assert adoption(world, past=StatedPast(share=Bounds(low=0, high=0))).pre_synthetic
    assert world.registry.shown == {"champion": 1, "pre-synthetic": 1}


def test_a_line_with_a_champion_is_refused_and_nothing_moves(world):
    promote(world.desk(), world.add("one"), terms())
    before = list(world.ledger.kept)
    with pytest.raises(RefusedError, match="release 1 serves"):
        adoption(world)
    assert world.ledger.kept == before
    assert len(world.registry.versions) == 1


def test_a_founding_that_passed_meanwhile_stops_the_adoption(world):
    rival = Killer(at="adopt.shown", meanwhile=lambda: world.add("one"))
    with pytest.raises(RefusedError, match="waits for approval"):
        adoption(world, world.desk(steps=rival))
    assert world.state().champion is None


def test_bytes_that_changed_after_they_were_checked_are_refused(world):
    candidate = world.candidate("ours")
    (candidate.checkpoint / "config.json").write_text("other")
    with pytest.raises(IntegrityError, match="which was checked"):
        adopt(world.desk(), candidate, StatedPast(), policy_sha256=POLICY, reason="why")
    assert world.ledger.kept == []


def test_bytes_altered_before_it_serves_are_abandoned_and_true_ones_are_adopted_again(world):
    with pytest.raises(Killed):
        adoption(world, world.desk(steps=Killer(at="adopt.recorded")))
    world.alter(1)
    assert recover(world.desk()).result == "abandoned"
    assert world.state().champion is None
    adoption(world)
    assert world.state().champion == 1


def test_a_registry_that_is_down_leaves_no_word_in_the_ledger(world):
    world.registry.down = True
    with pytest.raises(DependencyError):
        adoption(world)
    assert world.ledger.kept == []


def test_a_registry_that_counts_anew_is_noticed(world):
    world.add("one", verdict="block")
    world.registry.forget()
    with pytest.raises(IntegrityError, match="gave number 1"):
        adoption(world)


def test_reconciliation_finds_nothing_to_mend_after_an_adoption(world):
    adoption(world)
    assert not reconcile(world.desk()).changed
    assert world.registry.tags[1]["heirloom.status"] == "champion"
