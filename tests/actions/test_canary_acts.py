"""A canary in the simulated shop: on the terms of a promotion and no others, shown beside the champion, and gone when anything says so."""

import json
from datetime import timedelta

import pytest

from governance.actions.approve import approve, reject
from governance.actions.canary import STEPS, begin_canary, end_canary, show_canary, watch_canary
from governance.actions.promote import promote
from governance.actions.reconcile import reconcile
from governance.actions.rollback import rollback
from governance.actions.serving import read_pointer, write_pointer
from governance.errors import ConflictError, DependencyError, IntegrityError, RefusedError, UsageError
from governance.release import kinds
from governance.release.canary import WINDOW_OVER
from tests.actions.chamber import Chamber
from tests.actions.invariants import check_settled
from tests.world import Killed, Killer, World, terms

REVIEW = {"mode": "review"}


@pytest.fixture
def world(tmp_path):
    """Releases 0 and 1 served, 1 serves; 3 waits and engineer-a asked for it."""
    shop = World(tmp_path)
    promote(shop.desk(), shop.add("zero"), terms())
    promote(shop.desk(), shop.add("one"), terms())
    shop.add("two", synthetic_tokens=100, depth=1, review_for="engineer-a")
    return shop


def begin(world, version=3, held_to=None, steps=lambda step: None, **window):
    return begin_canary(world.desk(steps=steps), version, held_to or terms(), **{"percent": 5, "hours": 24, **window})


def served(world):
    pointer = read_pointer(world.pointer)
    return pointer.version, pointer.canary and (pointer.canary.version, pointer.canary.percent, pointer.canary.until)


def watched(world, held_to=None):
    return watch_canary(world.desk("monitor"), lambda: held_to or terms())


def test_a_canary_is_recorded_then_shown_and_the_champion_stays(world):
    passed = []
    done = begin(world, steps=passed.append)
    assert (done.version, done.changed, done.percent, done.approved_by, done.missing) == (3, True, 5, ("policy",), 0)
    assert tuple(passed) == STEPS
    assert served(world) == (2, (3, 5, done.until))
    assert world.registry.shown == {"candidate": 3, "canary": 3, "champion": 2, "pre-synthetic": 2}
    assert world.registry.tags[3]["heirloom.status"] == "canary"
    event = world.ledger.kept[-1]
    assert (event.kind, event.seq, event.body["champion"], event.body["until"]) == (kinds.CANARY_STARTED, done.seq, 2, done.until)


def test_the_pointer_names_folder_digest_share_and_end_of_the_canary(world):
    done = begin(world, percent=7, hours=2)
    digest = world.state().releases[3].checkpoint
    beside = json.loads(world.pointer.read_text())["canary"]
    assert beside == {"version": 3, "path": f"models/{digest[:16]}", "digest": digest, "percent": 7, "until": done.until}


def test_the_window_begins_with_its_event(world):
    done = begin(world, hours=2)
    assert done.until.startswith("2026-11-20T05:0")
    assert done.until.endswith("+00:00")


def test_without_its_approvals_it_gets_neither_alias_nor_traffic(world):
    before = (list(world.ledger.kept), dict(world.registry.shown), world.pointer.read_bytes())
    waiting = begin(world, held_to=terms(**REVIEW))
    assert (waiting.changed, waiting.missing) == (False, 1)
    assert before == (world.ledger.kept, world.registry.shown, world.pointer.read_bytes())
    approve(world.desk("reviewer-a"), 3, "read 20 pairs", terms(**REVIEW))
    done = begin(world, held_to=terms(**REVIEW))
    assert (done.changed, done.approved_by) == (True, ("reviewer-a",))
    assert world.ledger.kept[-1].body["approvals"] == [world.ledger.kept[-2].seq]


def test_outside_the_demo_an_approval_counts_with_a_signature_alone(tmp_path, people):
    chamber = Chamber(tmp_path / "chamber", people)
    held_to = chamber.terms()
    assert begin(chamber.world, 2, held_to).missing == 1
    chamber.approve("reviewer-a")
    assert begin(chamber.world, 2, held_to).changed
    chamber.allow("reviewer-b", "engineer-a")
    ended = watched(chamber.world, held_to)
    assert (ended.ended, ended.reason) == (True, "1 of its approvals do not count any more")
    assert served(chamber.world) == (1, None)


REFUSALS = {
    "is not registered": lambda world: None,
    "was refused by": lambda world: reject(world.desk("reviewer-b"), 3, "no"),
    "the line is frozen": lambda world: world.desk().ledger.record(kinds.SCHEDULE_FROZEN, {"reason": "look"}),
    "was made before release 2": lambda world: rollback(world.desk(freeze=False), "previous"),
    "learnt from rows that were withdrawn": lambda world: world.desk().ledger.record(
        kinds.ROWS_WITHDRAWN,
        {"rows": 1, "reason": "asked", "withdrawn_sha256": "w", "kept": {}, "trained": {"3": 1}, "perhaps": []},
    ),
}


@pytest.mark.parametrize("words", REFUSALS)
def test_what_may_not_serve_is_no_canary_either(world, words):
    REFUSALS[words](world)
    before = list(world.ledger.kept)
    with pytest.raises((RefusedError, ConflictError), match=words if words.startswith("is not") else f"({words}|now release)"):
        begin(world, version=9 if words.startswith("is not") else 3)
    assert world.ledger.kept == before
    assert served(world)[1] is None
    assert "canary" not in world.registry.shown


def test_a_recalled_release_and_one_that_served_are_refused(world):
    rollback(world.desk(freeze=False), "previous")
    with pytest.raises(RefusedError, match="version 2 is quarantined"):
        begin(world, version=2)
    with pytest.raises((RefusedError, ConflictError), match="version 1"):
        begin(world, version=1)


def test_what_did_not_pass_its_gate_is_refused(world):
    version = world.add("four", verdict="block")
    with pytest.raises(RefusedError, match="was judged 'block'"):
        begin(world, version=version)


def test_where_nothing_serves_there_is_nothing_to_stand_beside(tmp_path):
    shop = World(tmp_path)
    version = shop.add("one")
    with pytest.raises(RefusedError, match="nothing serves"):
        begin(shop, version=version)


def test_another_policy_an_altered_byte_and_an_open_act_are_refused(world):
    with pytest.raises(RefusedError, match="cannot move"):
        begin(world, held_to=terms(policy_sha256="f" * 64))
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at="promote.intended")), 3, terms())
    with pytest.raises(ConflictError, match="a promotion to version 3 is open"):
        begin(world)
    rollback(world.desk(freeze=False), "2")
    world.alter(3)
    with pytest.raises((IntegrityError, RefusedError)):
        begin(world)
    assert served(world) == (2, None)


def test_an_altered_byte_is_refused_before_anything_is_written(world):
    world.alter(3)
    before = list(world.ledger.kept)
    with pytest.raises(IntegrityError, match=r"model\.safetensors"):
        begin(world)
    assert world.ledger.kept == before


def test_one_canary_at_a_time_and_asking_again_makes_its_window_no_longer(world):
    first = begin(world)
    world.clock.at += timedelta(hours=3)
    again = begin(world, hours=48)
    assert (again.changed, again.until, again.seq) == (False, first.until, first.seq)
    version = world.add("four")
    with pytest.raises(RefusedError, match="version 3 is the canary with 5 %"):
        begin(world, version=version)
    with pytest.raises(RefusedError, match="version 3 is the canary"):
        begin(world, percent=9)
    assert world.ledger.kinds().count(kinds.CANARY_STARTED) == 1


def test_taking_it_off_needs_nothing_but_one_person_and_is_said_once(world):
    begin(world)
    done = end_canary(world.desk("oncall-a"), "sounds flat")
    assert (done.version, done.changed, done.ended, done.unshown) == (3, True, True, "")
    check_settled(world, 2)
    assert served(world) == (2, None)
    assert world.registry.tags[3]["heirloom.canary"] == "taken off: sounds flat"
    again = end_canary(world.desk("oncall-b"))
    assert (again.version, again.changed) == (None, False)
    assert world.ledger.kinds().count(kinds.CANARY_ENDED) == 1
    assert world.state().releases[3].waiting


def test_it_is_off_although_the_registry_is_down_and_the_alias_follows(world):
    begin(world)
    world.registry.down = True
    done = end_canary(world.desk("oncall-a"), "flat")
    assert (done.changed, "cannot be reached" in done.unshown) == (True, True)
    assert served(world) == (2, None)
    world.registry.down = False
    assert watched(world).reason == "flat"
    check_settled(world, 2)


def test_it_is_off_although_the_store_of_models_knows_nothing(world):
    begin(world)
    world.models.manifests.clear()
    assert end_canary(world.desk("oncall-a"), "flat").changed
    assert served(world) == (2, None)


def test_a_reason_that_cannot_be_kept_takes_nothing_off(world):
    begin(world)
    with pytest.raises(UsageError, match="control character"):
        end_canary(world.desk(), "bell \x07")
    assert served(world)[1] is not None


def test_its_promotion_makes_it_champion_and_ends_it(world):
    begin(world)
    promote(world.desk(), 3, terms())
    check_settled(world, 3)
    assert served(world) == (3, None)


@pytest.mark.parametrize("to", ["previous", "2"])
def test_no_traffic_of_a_canary_outlives_a_rollback(world, to):
    begin(world)
    if to == "2":
        with pytest.raises(Killed):
            promote(world.desk(steps=Killer(at="promote.champion")), 3, terms())
    seen = []
    desk = world.desk("oncall-a", lambda step: seen.append((step, served(world)[1])))
    rollback(desk, to)
    assert [canary for step, canary in seen if step in ("rollback.pointer", "rollback.committed")] == [None, None]
    check_settled(world, 1 if to == "previous" else 2)


@pytest.mark.parametrize("point", STEPS)
def test_killed_anywhere_the_ledger_decides_and_reconciling_shows_it(world, point):
    with pytest.raises(Killed):
        begin(world, steps=Killer(at=point))
    reconcile(world.desk())
    stands = point != "canary.verified"
    assert (world.state().canaries.version == 3) == stands
    assert (served(world)[1] is not None) == stands
    check_settled(world, 2)


@pytest.mark.parametrize("point", ["canary.recorded", "canary.pointer"])
def test_an_end_that_was_killed_is_shown_by_the_next_look(world, point):
    begin(world)
    with pytest.raises(Killed):
        end_canary(world.desk(steps=Killer(at=point)), "flat")
    assert watched(world).reason == "flat"
    assert served(world) == (2, None)
    check_settled(world, 2)


@pytest.mark.parametrize("point", ["canary.recorded", "canary.pointer", "canary.aliases"])
def test_a_rollback_that_goes_by_wins_over_a_canary_that_is_being_shown(world, point):
    begin(world, steps=Killer(at=point, meanwhile=once(lambda: rollback(world.desk("oncall-a"), "previous"))))
    assert served(world) == (1, None)
    check_settled(world, 1)


def once(act):
    """An act that happens at the first call alone."""
    left = [act]
    return lambda: left and left.pop()()


def test_a_window_that_is_over_gets_nothing_although_nobody_says_so(world):
    begin(world, hours=1)
    world.clock.at += timedelta(hours=2)
    assert world.state().canaries.version == 3
    done = reconcile(world.desk())
    assert served(world) == (2, None)
    assert ("alias canary", "3", None) in {(m.view, m.found, m.wanted) for m in done.mended}
    assert world.state().canaries.ended == {3: WINDOW_OVER}
    assert begin(world).changed


def test_the_watch_leaves_a_sound_canary_alone_and_takes_off_one_that_is_not(world):
    begin(world)
    before = list(world.ledger.kept)
    assert (watched(world).version, watched(world).ended, world.ledger.kept) == (3, False, before)
    world.alter(3)
    ended = watched(world)
    assert (ended.changed, ended.ended) == (True, True)
    assert "model.safetensors" in ended.reason
    assert world.ledger.kept[-1].body["reason"] == ended.reason
    assert world.ledger.kept[-1].actor == "monitor"
    check_settled(world, 2)
    assert watched(world).version is None


def test_the_watch_says_that_the_window_is_over(world):
    begin(world, hours=1)
    world.clock.at += timedelta(hours=2)
    assert (watched(world).reason, served(world)) == (WINDOW_OVER, (2, None))


def test_a_policy_that_moved_on_takes_it_off(world):
    begin(world)
    assert "the policy is ffffffffffff" in watched(world, terms(policy_sha256="f" * 64)).reason
    check_settled(world, 2)


def test_an_alias_that_somebody_set_by_hand_is_left_to_who_mends_views(world):
    world.registry.shown["canary"] = 3
    assert watched(world).version is None
    assert world.registry.shown["canary"] == 3
    assert [m.view for m in reconcile(world.desk()).mended if m.view.startswith("alias")] == ["alias canary"]
    assert "canary" not in world.registry.shown


def test_a_pointer_that_was_edited_by_hand_is_mended(world):
    begin(world)
    pointer = read_pointer(world.pointer)
    world.pointer.write_text(world.pointer.read_text().replace('"percent":5', '"percent":50'))
    assert read_pointer(world.pointer) != pointer
    assert reconcile(world.desk()).pointer
    assert read_pointer(world.pointer) == pointer


@pytest.mark.parametrize("canary", [7, [], "x", {}, {"version": 3}])
def test_a_pointer_with_half_a_canary_is_no_pointer(world, canary):
    document = json.loads(world.pointer.read_text())
    world.pointer.write_text(json.dumps({**document, "canary": canary}))
    with pytest.raises(IntegrityError, match="no serving pointer"):
        read_pointer(world.pointer)


def test_a_pointer_that_cannot_be_written_is_an_error_and_repeating_goes_on(world):
    begin(world)
    pointer = read_pointer(world.pointer)
    world.pointer.unlink()
    world.pointer.mkdir()
    with pytest.raises(DependencyError, match="serving pointer"):
        end_canary(world.desk(), "flat")
    world.pointer.rmdir()
    write_pointer(world.pointer, pointer)
    end_canary(world.desk())
    assert served(world) == (2, None)


def test_others_that_keep_moving_are_told(world):
    begin(world)

    def meanwhile():
        state = world.state().canaries.standing
        kind, body = (
            (kinds.CANARY_ENDED, {"version": 3, "started": state.seq, "reason": "x"})
            if state
            else (kinds.CANARY_STARTED, dict(next(e.body for e in world.ledger.kept if e.kind == kinds.CANARY_STARTED)))
        )
        world.desk().ledger.record(kind, body)

    with pytest.raises(ConflictError, match="others moved the views"):
        show_canary(world.desk(steps=Killer(at="canary.pointer", meanwhile=meanwhile)))
