"""Kill a rollback at every named point, take away registry and bytes, race it: something true serves, always."""

import pytest

from governance.actions import rollback as rolling
from governance.actions.promote import promote
from governance.actions.reconcile import reconcile
from governance.actions.recover import recover
from governance.actions.rollback import rollback
from governance.actions.scrub import record_scrub, scrubbed
from governance.actions.serving import read_pointer
from governance.errors import ConflictError, IntegrityError
from governance.release import kinds
from governance.release.kinship import Kinship
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


@pytest.mark.parametrize("point", rolling.STEPS)
@pytest.mark.parametrize("target", ["previous", "pre-synthetic"])
def test_a_rollback_killed_anywhere_is_finished_by_recovery(world, point, target):
    before = len(world.ledger.kept)
    with pytest.raises(Killed):
        rollback(world.desk("oncall-a", Killer(at=point)), target, "night")
    check_serving_is_a_release_with_a_decision(world)
    begun = kinds.ROLLBACK_INTENDED in world.ledger.kinds()[before:]
    recover(world.desk())
    check_settled(world, 1 if begun else 2)
    if begun:
        assert world.state().releases[2].quarantined
        assert world.state().frozen is not None


@pytest.mark.parametrize("point", rolling.STEPS[:-1])
def test_a_killed_rollback_is_finished_by_the_same_command(world, point):
    with pytest.raises(Killed):
        rollback(world.desk(steps=Killer(at=point)), "previous")
    rollback(world.desk(), "previous")
    check_settled(world, 1)
    assert world.ledger.kinds().count(kinds.ROLLBACK_COMMITTED) == 1


def test_a_rollback_moves_serving_while_the_registry_is_down_and_reconcile_moves_the_alias(world):
    world.registry.down = True
    world.registry.calls.clear()
    done = rollback(world.desk("oncall-a"), "previous")
    assert (done.changed, done.degraded, done.version) == (True, True, 1)
    assert len(world.registry.calls) == 1
    pointer = read_pointer(world.pointer)
    assert pointer is not None
    assert pointer.version == 1
    assert world.state().views_behind
    world.registry.down = False
    mended = reconcile(world.desk())
    assert ("alias champion", "2", "1") in [(m.view, m.found, m.wanted) for m in mended.mended]
    check_settled(world, 1)
    assert not world.state().views_behind


def test_a_rollback_to_a_version_that_the_registry_deleted_is_degraded_and_serves(world):
    del world.registry.versions[1]
    done = rollback(world.desk(), "1")
    assert done.degraded
    assert world.state().champion == 1


@pytest.mark.parametrize(("places", "source"), [({}, "store"), ({"remote": True}, "registry")])
def test_altered_bytes_are_restored_from_a_source_that_is_true(world, places, source):
    world.alter(1, **places)
    done = rollback(world.desk(), "previous")
    assert done.restored_from == source
    assert "model.safetensors" in done.problems[0]
    check_settled(world, 1)


def test_a_remote_that_is_down_does_not_stop_a_restore_from_the_registry(world):
    world.alter(1)
    world.models.remote_down = True
    assert rollback(world.desk(), "previous").restored_from == "registry"


def test_bytes_that_are_true_nowhere_move_nothing_and_name_the_next_verified_release(world):
    promote(world.desk(), 3, terms())
    world.alter(2, remote=True, copy=True)
    before = list(world.ledger.kept)
    with pytest.raises(IntegrityError) as refused:
        rollback(world.desk(), "previous")
    assert "model.safetensors" in refused.value.message()
    assert "heirloom rollback --to 1" in refused.value.fix
    assert world.ledger.kept == before
    check_settled(world, 3)


def test_a_registry_copy_that_was_altered_is_replaced_by_the_true_bytes(world):
    world.alter(1, here=False, copy=True)
    done = rollback(world.desk(), "previous")
    assert done.copy_repaired
    assert (world.registry.copies / "1" / "model.safetensors").read_text() == "weights of one"


def test_two_rollbacks_at_once_are_one_entry_and_one_already_there(world):
    outcomes = []
    rival = Killer(at="rollback.verified", meanwhile=lambda: outcomes.append(rollback(world.desk("oncall-b"), "previous")))
    outcomes.append(rollback(world.desk("oncall-a", rival), "previous"))
    assert [outcome.changed for outcome in outcomes] == [True, False]
    assert world.ledger.kinds().count(kinds.ROLLBACK_COMMITTED) == 1
    check_settled(world, 1)


@pytest.mark.parametrize("point", ["rollback.frozen", "rollback.pointer", "rollback.champion", "rollback.aliases", "rollback.read-back"])
def test_a_later_rollback_overtakes_one_that_hangs_and_keeps_the_views(world, point):
    promote(world.desk(), 3, terms())
    rival = Killer(at=point, meanwhile=lambda: rollback(world.desk("oncall-b"), "pre-synthetic"))
    with pytest.raises(ConflictError, match="overtaken"):
        rollback(world.desk("oncall-a", rival), "previous")
    check_settled(world, 1)


@pytest.mark.parametrize("point", rolling.STEPS)
def test_a_promotion_that_comes_during_a_rollback_does_not_keep_it_from_its_target(world, point):
    told = []

    def engineer():
        try:
            told.append(promote(world.desk("engineer-b"), 3, terms()).changed)
        except ConflictError:
            told.append(False)

    rollback(world.desk("oncall-a", Killer(at=point, meanwhile=engineer)), "previous")
    check_settled(world, 1)
    assert told == [point == "rollback.verified"]
    assert world.state().releases[3].quarantined == told[0]


def test_a_clock_that_goes_backwards_changes_no_order(world):
    world.clock.step = -world.clock.step * 7200
    promote(world.desk(), 3, terms())
    rollback(world.desk(), "previous")
    check_settled(world, 2)


def test_views_that_know_more_than_the_ledger_are_not_touched(world):
    promote(world.desk(), 3, terms())
    backup = world.ledger.kept[: next(i for i, e in enumerate(world.ledger.kept) if e.body.get("version") == 3)]
    world.ledger.kept = backup
    with pytest.raises(IntegrityError, match="ahead of the ledger"):
        reconcile(world.desk())
    assert world.registry.shown["champion"] == 3


def scrubbed_release_1(world) -> None:
    record_scrub(world.desk().scrubs, world.state().releases[1].checkpoint, "2026-11-19T06:00:00+00:00", true=True)


def flip_a_byte(world, *, everywhere: bool = False) -> None:
    """Release 1 keeps its sizes and loses its truth."""
    digest = world.state().releases[1].checkpoint
    places = [world.models.here(digest), *([world.models.remote(digest), world.registry.copies / "1"] * everywhere)]
    for place in places:
        weights = place / "model.safetensors"
        weights.write_text(weights.read_text().replace("w", "W", 1))


def test_a_large_release_whose_last_scrub_held_serves_before_it_is_hashed_again(world):
    scrubbed_release_1(world)
    flip_a_byte(world)
    killer = Killer(at="rollback.pointer")
    with pytest.raises(Killed):
        rollback(world.desk(steps=killer, hash_first_bytes=0), "previous")
    assert read_pointer(world.pointer).version == 1
    done = rollback(world.desk(hash_first_bytes=0), "previous")
    assert done.restored_from == "store"
    check_settled(world, 1)


def test_a_large_release_that_was_never_scrubbed_or_has_another_size_is_hashed_first(world):
    world.alter(1, remote=True, copy=True)
    with pytest.raises(IntegrityError):
        rollback(world.desk(hash_first_bytes=0), "previous")
    scrubbed_release_1(world)
    weights = world.models.here(world.state().releases[1].checkpoint) / "model.safetensors"
    weights.write_text("shorter")
    with pytest.raises(IntegrityError):
        rollback(world.desk(hash_first_bytes=0), "previous")
    assert read_pointer(world.pointer).version == 2
    assert kinds.ROLLBACK_INTENDED not in world.ledger.kinds()


def test_a_large_release_that_is_true_nowhere_is_reported_after_the_move_and_another_can_be_gone_to(world):
    scrubbed_release_1(world)
    flip_a_byte(world, everywhere=True)
    with pytest.raises(IntegrityError, match="release 1 is not what was recorded"):
        rollback(world.desk(hash_first_bytes=0), "previous")
    assert world.state().intent is not None
    rollback(world.desk(), "2")
    check_settled(world, 2)


def test_a_scrub_that_found_altered_bytes_vouches_for_nothing_any_more(world):
    scrubbed_release_1(world)
    folder, digest = world.desk().scrubs, world.state().releases[1].checkpoint
    assert scrubbed(folder, digest)
    record_scrub(folder, digest, "2026-11-20T06:00:00+00:00", true=False)
    assert scrubbed(folder, digest) is None
    (folder / f"{digest}.json").write_text("{")
    assert scrubbed(folder, digest) is None


def test_a_recall_that_falls_meanwhile_lets_nobody_fall_on_a_descendant_whom_nobody_named(tmp_path):
    world = World(tmp_path)
    for name, start in (("one", None), ("two", 1), ("three", 2), ("four", 3)):
        promote(world.desk(), world.add(name, kinship=Kinship(start=start, authors=(), recalled=())), terms())

    def meanwhile():
        for back in ("2", "1"):
            rollback(world.desk("oncall-b"), back)

    with pytest.raises(ConflictError, match="release 3, which previous meant, descends from 2, and that was recalled meanwhile"):
        rollback(world.desk("oncall-a", Killer(at="rollback.verified", meanwhile=meanwhile)), "previous")
    assert world.state().champion == 1
    named = rollback(world.desk("oncall-a"), "3")
    assert (named.version, named.descends_from) == (3, (3, 2))
