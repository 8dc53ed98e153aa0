"""Pages of versions in the simulated shop: every act leaves them as the ledger says; what somebody else wrote is told and mended."""

import pytest

from governance.actions.approve import approve, reject
from governance.actions.canary import begin_canary, end_canary
from governance.actions.pages import RECENT, drifted_pages
from governance.actions.promote import promote
from governance.actions.reconcile import reconcile
from governance.actions.recover import recover
from governance.actions.rollback import rollback
from governance.errors import UsageError
from governance.release import kinds
from governance.release.fold import fold
from governance.release.page import LONGEST_DESCRIPTION, Page
from governance.release.views import page_drift
from tests.release.ledger_events import chain, promoted, registered
from tests.world import Killed, Killer, World, terms


@pytest.fixture
def world(tmp_path):
    """1 and 2 were promoted, 2 serves, 3 waits and engineer-a asked for it."""
    shop = World(tmp_path)
    for name in ("one", "two"):
        promote(shop.desk(), shop.add(name), terms())
    shop.add("three", synthetic_tokens=100, depth=1, review_for="engineer-a")
    return shop


def dry(world):
    return reconcile(world.desk("monitor"), dry_run=True).mended


ACTS = {
    "nothing": lambda world: None,
    "a promotion": lambda world: promote(world.desk(), 3, terms()),
    "an approval": lambda world: approve(world.desk("reviewer-a"), 3, "reads well", terms(mode="review")),
    "a refusal": lambda world: reject(world.desk("reviewer-a"), 3, "reads flat"),
    "a rollback": lambda world: rollback(world.desk(), "previous"),
    "a canary": lambda world: begin_canary(world.desk(), 3, terms(), percent=5, hours=24),
    "a canary that is taken off": lambda world: (ACTS["a canary"](world), end_canary(world.desk(), "sounds flat")),
    "a canary that is promoted": lambda world: (ACTS["a canary"](world), ACTS["a promotion"](world)),
    "a rollback under a canary": lambda world: (ACTS["a canary"](world), ACTS["a rollback"](world)),
    "a refusal of the canary": lambda world: (ACTS["a canary"](world), ACTS["a refusal"](world)),
    "a registration": lambda world: world.add("four", verdict="block"),
}


@pytest.mark.parametrize("act", ACTS)
def test_after_every_act_the_pages_say_what_the_ledger_says(world, act):
    ACTS[act](world)
    assert dry(world) == ()
    assert drifted_pages(world.desk(), world.state()) == ((), ())


@pytest.mark.parametrize("act", [name for name in ACTS if name not in ("nothing", "a registration")])
def test_a_page_says_in_its_first_line_what_was_decided(world, act):
    before = dict(world.registry.described)
    ACTS[act](world)
    changed = {version for version, said in world.registry.described.items() if said != before[version]}
    assert changed
    assert all(world.registry.described[version].startswith("**") for version in changed)
    assert all(world.registry.described[version].endswith(name) for version, name in ((1, "one"), (2, "two"), (3, "three")))


def test_a_name_is_no_markup(world):
    given = approve(world.desk("<img src=x>*[a](b)"), 3, "reads well", terms(mode="review"))
    assert world.registry.described[3] == f"**Approved so far by _img src_x___a__b_ (ledger {given.seq}).**\n\nthree"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("heirloom.status", "champion"),
        ("heirloom.verdict", "block"),
        ("heirloom.cycle", "another"),
        ("heirloom.cycle_digest", "0" * 64),
        ("heirloom.checkpoint_digest", "0" * 64),
        ("heirloom.approvals", "reviewer-a (ledger 3)"),
        ("heirloom.boss_says", "fine"),
    ],
)
def test_a_tag_that_somebody_wrote_is_told_and_mended(world, key, value):
    was = world.registry.tags[3].get(key)
    world.registry.tags[3][key] = value
    world.registry.tags[3]["theirs"] = "kept"
    done = reconcile(world.desk("monitor"))
    assert [(one.view, one.found, one.wanted, one.late) for one in done.mended] == [(f"tag {key} of version 3", value, was, False)]
    assert world.registry.tags[3].get(key) == was
    assert world.registry.tags[3]["theirs"] == "kept"
    assert not reconcile(world.desk("monitor")).changed


def test_a_description_that_somebody_wrote_is_told_by_its_digest_and_mended(world):
    world.registry.described[3] = "## All is well, promote me"
    (one,) = reconcile(world.desk("monitor")).mended
    assert (one.view, one.late) == ("description of version 3", False)
    assert one.found.startswith("sha256 ")
    assert world.registry.described[3] == "three"


def test_a_version_that_the_registry_lost_is_told_and_what_is_left_is_mended(world):
    del world.registry.versions[2]
    del world.registry.shown["champion"]
    world.registry.shown["candidate"] = 1
    done = reconcile(world.desk("monitor"))
    assert (done.gone, [one.view for one in done.mended]) == ((2,), ["alias candidate", "alias pre-synthetic"])
    assert world.registry.shown == {"candidate": 3}
    again = reconcile(world.desk("monitor"))
    assert (again.gone, again.changed) == ((2,), False)


def test_after_a_rollback_to_a_version_that_the_registry_lost_no_alias_names_another(world):
    del world.registry.versions[1]
    assert rollback(world.desk(), "1").degraded
    assert reconcile(world.desk("monitor")).gone == (1,)
    assert "champion" not in world.registry.shown


def test_a_refused_version_that_was_deleted_is_nobodys_loss(world):
    reject(world.desk("reviewer-a"), 3, "reads flat")
    del world.registry.versions[3]
    assert reconcile(world.desk("monitor")).gone == ()


def test_pages_of_an_act_that_was_killed_before_it_wrote_them_are_late_and_no_alarm(world):
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at="promote.committed")), 3, terms())
    late = reconcile(world.desk("monitor")).mended
    assert {one.view for one in late} >= {
        "tag heirloom.status of version 2",
        "tag heirloom.status of version 3",
        "description of version 2",
    }
    assert all(one.late for one in late)
    assert dry(world) == ()


def test_what_was_true_long_ago_is_no_excuse(world):
    for _ in range(RECENT + 1):
        world.desk().ledger.record(kinds.NOTE_ADDED, {"about": 1, "text": "seen"})
    world.registry.tags[1]["heirloom.status"] = "champion"  # as it was, before 2 was promoted
    assert [one.late for one in dry(world)] == [False]


@pytest.mark.parametrize("call", ["pages", "set_tags", "describe"])
@pytest.mark.parametrize("act", ["a promotion", "a rollback", "a refusal", "an approval"])
def test_an_act_that_cannot_write_its_pages_stands_and_says_so(world, act, call):
    world.registry.fails_on.add(call)
    done = ACTS[act](world)
    assert done.changed
    assert getattr(done, "unshown", "") or done.degraded
    world.registry.fails_on.clear()
    assert all(one.late for one in reconcile(world.desk("monitor")).mended)
    assert dry(world) == ()


def test_a_promotion_that_is_given_up_takes_its_word_back(world):
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at="promote.champion")), 3, terms())
    world.alter(3)
    assert recover(world.desk()).result == "abandoned"
    assert dry(world) == ()


def test_of_a_ledger_that_kept_no_page_only_decisions_are_held_against_it():
    state = fold(chain(registered(1), promoted(1)))
    shown = {1: Page(description="old words", tags={"heirloom.depth": "0", "heirloom.canary": "5 %"})}
    found = {one.key: (one.found, one.wanted) for one in page_drift(state, shown)}
    assert found["heirloom.status"] == (None, "champion")
    assert found["heirloom.canary"] == ("5 %", None)
    assert "heirloom.depth" not in found
    assert "description" not in found


def test_a_description_that_nobody_could_read_is_refused():
    Page(description="x" * LONGEST_DESCRIPTION).document()
    with pytest.raises(UsageError, match="a description of 20001 characters"):
        Page(description="x" * (LONGEST_DESCRIPTION + 1)).document()
