"""Rollback and reconciliation on an ordinary night."""

from dataclasses import asdict

import pytest

from governance.actions.promote import promote
from governance.actions.reconcile import reconcile
from governance.actions.rollback import STEPS, rollback
from governance.actions.serving import Pointer, read_pointer, write_pointer
from governance.errors import DependencyError, IntegrityError, RefusedError, UsageError
from governance.release import kinds
from governance.release.views import status_tags
from tests.world import World, terms


@pytest.fixture
def world(tmp_path):
    """1 human only, 2 and 3 not; 3 serves."""
    shop = World(tmp_path)
    for name, synthetic in (("one", 0), ("two", 100), ("three", 200)):
        promote(shop.desk(), shop.add(name, synthetic_tokens=synthetic, depth=min(1, synthetic)), terms())
    return shop


def test_a_rollback_goes_back_quarantines_and_freezes_in_named_steps(world):
    passed = []
    done = rollback(world.desk("oncall-a", passed.append), "previous", "tail sounds flat")
    assert (done.version, done.previous, done.changed, done.degraded, done.verified_files) == (2, 3, True, False, 2)
    assert (done.quarantined, done.frozen, done.skipped, done.restored_from) == (3, True, (), "")
    assert tuple(passed) == STEPS
    assert read_pointer(world.pointer).version == 2
    assert world.registry.shown == {"champion": 2, "pre-synthetic": 1}
    last = world.ledger.kept[-1]
    assert (last.kind, last.seq, last.actor, last.body["reason"]) == (kinds.ROLLBACK_COMMITTED, done.seq, "oncall-a", "tail sounds flat")


def test_the_schedule_is_frozen_before_serving_moves_and_only_where_policy_wants_it(world):
    rollback(world.desk(freeze=False), "previous")
    assert world.state().frozen is None
    rollback(world.desk(), "pre-synthetic")
    kept = world.ledger.kinds()
    assert kept.index(kinds.SCHEDULE_FROZEN) < len(kept) - 1
    assert "rollback to 1" in world.state().frozen


def test_the_second_of_two_equal_rollbacks_changes_nothing(world):
    rollback(world.desk(), "pre-synthetic")
    before = list(world.ledger.kept)
    again = rollback(world.desk(), "pre-synthetic")
    assert (again.changed, again.version, again.verified_files) == (False, 1, 2)
    assert world.ledger.kept == before


def test_a_rollback_to_what_serves_puts_right_a_view_that_was_moved_by_hand(world):
    world.registry.shown["champion"] = 1
    assert not rollback(world.desk(), "3").changed
    assert world.registry.shown["champion"] == 3


def test_one_night_after_another_walks_back_release_by_release(world):
    assert [rollback(world.desk(), "previous").version for _ in range(2)] == [2, 1]
    with pytest.raises(RefusedError, match="nothing usable served before release 1"):
        rollback(world.desk(), "previous")


def test_forward_again_to_a_release_that_was_skipped_freezes_and_quarantines_nothing(world):
    rollback(world.desk(freeze=False), "1")
    done = rollback(world.desk(), "2")
    assert (done.version, done.quarantined, done.frozen) == (2, None, False)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(world):
    world.alter(1)
    before = (list(world.ledger.kept), dict(world.registry.shown), world.pointer.read_bytes(), list(world.registry.calls))
    would = rollback(world.desk(), "pre-synthetic", dry_run=True)
    assert (would.version, would.previous, would.changed, would.dry_run, would.skipped) == (1, 3, False, True, (2,))
    assert (would.quarantined, would.frozen, would.verified_files) == (3, True, 0)
    assert "model.safetensors" in would.problems[0]
    assert before == (world.ledger.kept, world.registry.shown, world.pointer.read_bytes(), world.registry.calls)


def test_a_dry_run_to_what_serves_says_that_nothing_would_be_left(world):
    would = rollback(world.desk(), "3", dry_run=True)
    assert (would.version, would.previous, would.quarantined, would.frozen, would.verified_files) == (3, 3, None, False, 2)


def test_a_reason_that_cannot_be_kept_moves_nothing(world):
    with pytest.raises(UsageError, match="control character"):
        rollback(world.desk(), "previous", "bell \x07")
    assert read_pointer(world.pointer).version == 3
    assert world.state().intent is None


def test_an_outcome_is_plain_values_for_json(world):
    assert asdict(rollback(world.desk(), "previous"))["seq"] == world.ledger.kept[-1].seq


def test_reconciling_a_shop_in_order_changes_nothing(world):
    reconcile(world.desk())
    before = list(world.ledger.kept)
    again = reconcile(world.desk())
    assert (again.changed, again.mended, again.pointer, again.copies, again.tags_checked) == (False, (), False, (), True)
    assert world.ledger.kept == before


def test_everything_that_was_moved_by_hand_is_put_back_and_reported(world):
    reconcile(world.desk())
    world.registry.shown.update({"champion": 1, "candidate": 2, "theirs": 1})
    del world.registry.shown["pre-synthetic"]
    world.registry.tags[2]["heirloom.verdict"] = "block"
    write_pointer(world.pointer, Pointer(version=1, path="models/x", digest="0" * 64))
    world.alter(3, here=False, copy=True)
    done = reconcile(world.desk())
    assert {(m.view, m.found, m.wanted) for m in done.mended} == {
        ("alias candidate", "2", None),
        ("alias champion", "1", "3"),
        ("alias pre-synthetic", None, "1"),
        ("tag heirloom.verdict of version 2", "block", "pass"),
    }
    assert (done.pointer, done.copies) == (True, (3,))
    assert world.registry.shown == {"champion": 3, "pre-synthetic": 1, "theirs": 1}
    assert read_pointer(world.pointer).version == 3
    assert world.registry.tags[2].items() >= status_tags(world.state(), 2).items()
    assert world.ledger.kept[-1].kind == kinds.VIEWS_REPAIRED
    assert not reconcile(world.desk()).changed


def test_a_dry_reconciliation_reports_and_touches_nothing(world):
    world.registry.shown["champion"] = 1
    world.pointer.write_text("{")
    before = list(world.ledger.kept)
    would = reconcile(world.desk(), dry_run=True)
    assert (would.changed, would.pointer) == (False, True)
    assert would.mended[0].view == "alias champion"
    assert world.registry.shown["champion"] == 1
    assert world.ledger.kept == before


def test_a_pointer_to_a_version_that_the_ledger_does_not_know_stops_reconciliation(world):
    write_pointer(world.pointer, Pointer(version=9, path="models/x", digest="0" * 64))
    with pytest.raises(IntegrityError, match="serving pointer = 9"):
        reconcile(world.desk())


def test_a_pointer_that_cannot_be_read_is_an_error_and_is_written_anew_by_a_rollback(world):
    world.pointer.write_text("{")
    with pytest.raises(IntegrityError, match="no serving pointer"):
        read_pointer(world.pointer)
    rollback(world.desk(), "previous")
    assert read_pointer(world.pointer).version == 2


def test_a_pointer_that_cannot_be_written_leaves_the_intent_open_and_recovery_finishes_it(world):
    content = world.pointer.read_bytes()
    world.pointer.unlink()
    world.pointer.mkdir()
    (world.pointer / "in the way").write_text("x")
    with pytest.raises(DependencyError, match="serving pointer"):
        rollback(world.desk(), "previous")
    assert world.state().intent is not None
    (world.pointer / "in the way").unlink()
    world.pointer.rmdir()
    world.pointer.write_bytes(content)
    rollback(world.desk(), "previous")
    assert read_pointer(world.pointer).version == 2
