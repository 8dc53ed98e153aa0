"""Kill a promotion at every named point, take away what it leans on, race it: the invariants hold and recovery converges."""

import pytest

from governance.actions import promote as promotion
from governance.actions.promote import promote
from governance.actions.recover import recover
from governance.actions.rollback import rollback
from governance.actions.serving import read_pointer
from governance.errors import ConflictError, DependencyError
from governance.release import kinds
from tests.actions.invariants import check_serving_is_a_release_with_a_decision, check_settled
from tests.world import Killed, Killer, World, terms


@pytest.fixture
def world(tmp_path):
    """Release 1 (human only) and 2 were promoted, 3 waits."""
    shop = World(tmp_path)
    for name, synthetic in (("one", 0), ("two", 100)):
        promote(shop.desk(), shop.add(name, synthetic_tokens=synthetic, depth=min(1, synthetic)), terms())
    shop.add("three", synthetic_tokens=200, depth=1)
    return shop


@pytest.mark.parametrize("point", promotion.STEPS)
def test_a_promotion_killed_anywhere_is_finished_by_recovery(world, point):
    before = list(world.ledger.kept)
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at=point)), 3, terms())
    check_serving_is_a_release_with_a_decision(world)
    assert world.ledger.kept[: len(before)] == before
    begun = kinds.PROMOTION_INTENDED in world.ledger.kinds()[len(before) :]
    recover(world.desk())
    check_settled(world, 3 if begun else 2)
    assert not recover(world.desk()).changed


@pytest.mark.parametrize("point", promotion.STEPS)
def test_a_killed_promotion_is_finished_by_the_same_command(world, point):
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at=point)), 3, terms())
    promote(world.desk(), 3, terms())
    check_settled(world, 3)
    assert world.ledger.kinds().count(kinds.PROMOTION_COMMITTED) == 3


@pytest.mark.parametrize("moment", ["before_append", "after_append"])
@pytest.mark.parametrize("kind", [kinds.PROMOTION_INTENDED, kinds.PROMOTION_COMMITTED])
def test_a_kill_around_the_write_of_an_event_leaves_nothing_half(world, kind, moment):
    def die(event):
        if event.kind == kind:
            raise Killed(kind)

    setattr(world.ledger, moment, die)
    with pytest.raises(Killed):
        promote(world.desk(), 3, terms())
    setattr(world.ledger, moment, lambda event: None)
    recover(world.desk())
    check_settled(world, 2 if (kind, moment) == (kinds.PROMOTION_INTENDED, "before_append") else 3)


@pytest.mark.parametrize("point", promotion.STEPS[promotion.STEPS.index("promote.intended") : -1])
def test_a_rollback_during_a_promotion_wins_wherever_the_promotion_is(world, point):
    oncall = Killer(at=point, meanwhile=lambda: rollback(world.desk("oncall-a"), "previous"))
    with pytest.raises(ConflictError, match="was cancelled, and release 2 serves"):
        promote(world.desk(steps=oncall), 3, terms())
    check_settled(world, 2)
    assert world.state().releases[3].quarantined
    assert not world.state().releases[2].quarantined
    assert kinds.PROMOTION_ABANDONED in world.ledger.kinds()


def test_a_cancelled_promotion_does_not_let_its_version_serve(world):
    oncall = Killer(at="promote.aliases", meanwhile=lambda: rollback(world.desk("oncall-a"), "previous"))
    with pytest.raises(ConflictError):
        promote(world.desk(steps=oncall), 3, terms())
    assert "promote.pointer" not in oncall.passed


@pytest.mark.parametrize("point", promotion.STEPS)
def test_of_two_promotions_exactly_one_wins_wherever_they_meet(world, point):
    world.add("four")
    told = []

    def attempt(version, steps):
        try:
            told.append(promote(world.desk(steps=steps), version, terms()).changed)
        except ConflictError:
            told.append(False)

    attempt(3, Killer(at=point, meanwhile=lambda: attempt(4, lambda step: None)))
    assert sorted(told) == [False, True]
    check_settled(world, 4 if point in {"promote.verified", "promote.rehearsed"} else 3)


def test_of_two_promotions_one_wins_and_the_other_is_told(world):
    world.add("four")
    rival = Killer(at="promote.verified", meanwhile=lambda: promote(world.desk("engineer-b"), 4, terms()))
    with pytest.raises(ConflictError, match="judged against release 2, and now release 4 serves"):
        promote(world.desk(steps=rival), 3, terms())
    check_settled(world, 4)


def test_a_promotion_begun_while_another_is_open_is_refused(world):
    world.add("four")

    def rival():
        with pytest.raises(ConflictError, match="a promotion to version 3 is open"):
            promote(world.desk("engineer-b"), 4, terms())

    promote(world.desk(steps=Killer(at="promote.intended", meanwhile=rival)), 3, terms())
    check_settled(world, 3)


def test_a_promotion_that_recovery_finished_first_still_succeeds(world):
    helper = Killer(at="promote.champion", meanwhile=lambda: recover(world.desk("engineer-b")))
    assert promote(world.desk(steps=helper), 3, terms()).changed
    check_settled(world, 3)
    assert world.ledger.kinds().count(kinds.PROMOTION_COMMITTED) == 3


def test_an_unrelated_note_in_between_does_not_stop_a_promotion(world):
    def note():
        world.desk("reviewer-a").ledger.record(kinds.NOTE_ADDED, {"about": 3, "text": "looks good"})

    promote(world.desk(steps=Killer(at="promote.read-back", meanwhile=note)), 3, terms())
    check_settled(world, 3)


@pytest.mark.parametrize("call", ["set_alias", "aliases"])
def test_a_registry_that_fails_in_a_promotion_leaves_the_intent_open_until_it_is_back(world, call):
    world.registry.fails_on = {call}
    with pytest.raises(DependencyError, match="cannot be reached"):
        promote(world.desk(), 3, terms())
    assert recover(world.desk()).result == "waiting"
    world.registry.fails_on = set()
    assert recover(world.desk()).result == "finished"
    check_settled(world, 3)


def test_a_registry_that_loses_the_move_is_found_by_reading_back(world):
    world.registry.ignores_moves = True
    with pytest.raises(DependencyError, match="reads back 2, set to 3"):
        promote(world.desk(), 3, terms())
    assert world.state().champion == 2
    world.registry.ignores_moves = False
    recover(world.desk())
    check_settled(world, 3)


def test_a_promotion_whose_bytes_were_altered_after_the_intent_is_undone(world):
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at="promote.pointer")), 3, terms())
    world.alter(3)
    done = recover(world.desk())
    assert (done.result, "model.safetensors" in done.reason) == ("abandoned", True)
    check_settled(world, 2)


def test_a_first_promotion_that_is_undone_leaves_nothing_serving(tmp_path):
    world = World(tmp_path)
    version = world.add("one")
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at="promote.pointer")), version, terms())
    world.alter(version)
    recover(world.desk())
    assert read_pointer(world.pointer) is None
    assert "champion" not in world.registry.shown
    assert world.state().champion is None


def test_a_promotion_refused_by_a_person_after_the_intent_is_undone(world):
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at="promote.champion")), 3, terms())
    body = dict.fromkeys(kinds.BODIES[kinds.APPROVAL_REFUSED])
    world.desk("reviewer-a").ledger.record(kinds.APPROVAL_REFUSED, {**body, "version": 3, "reason": "no"})
    assert recover(world.desk()).result == "abandoned"
    check_settled(world, 2)
