"""The monitor proves, mends and tells: over a simulated shop, and as a real Prefect flow."""

from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.ending import SKIPPED
from flows.monitor import HEALTHY, UNHEALTHY, Watch, days_since, health_key, watch, watch_words
from flows.reconcile import MENDED, looked, name_of
from governance.actions.canary import begin_canary
from governance.actions.promote import promote
from governance.actions.rollback import rollback
from governance.adapters.checks.check import FAIL, OK, WARN, broken, doubtful, fine
from governance.ports.desk import SHARDS
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.wiring import Shop, open_shop
from tests.flows.serve_workspace import made
from tests.world import MODEL, Killed, Killer, World, terms

POLICY = f'[line]\nmodel = "{MODEL}"\n'


@pytest.fixture
def world(tmp_path):
    return World(root=tmp_path)


def released(world, *names):
    """Versions that were promoted, the last one champion."""
    for name in names:
        promote(world.desk(), world.add(name), terms())


def shop_of(world):
    """A shop whose tools are the world's: they are put where the shop would keep its own, before it makes any."""
    (world.root / "policy.toml").write_text(POLICY)
    shop = Shop(workspace=Workspace(root=world.root), clock=world.clock, actor="monitor")
    vars(shop).update(ledger=world.desk("monitor").ledger, registry=world.registry, store=world.models)
    return shop


def watched(world):
    found = watch(shop_of(world), MODEL)
    return found, {check.name: check for check in found.checks}


def test_a_shop_where_everything_holds_is_healthy(world):
    released(world, "one", "two")
    found, checks = watched(world)
    assert (found.name, found.doubts) == (HEALTHY, ())
    assert {check.level for check in checks.values()} == {OK}
    assert checks["champion"].said == "version 2: every file has its sha256"


def test_a_shop_without_any_release_is_healthy(world):
    assert watched(world)[0].name == HEALTHY


@pytest.mark.parametrize(("version", "name"), [(2, "champion"), (1, "previous")])
def test_an_altered_model_is_named(world, version, name):
    released(world, "one", "two")
    world.alter(version)
    found, checks = watched(world)
    assert found.name == UNHEALTHY
    assert (checks[name].code, "model.safetensors" in checks[name].said) == (4, True)


def test_an_alias_that_was_moved_by_hand_is_a_finding_once_and_is_mended(world):
    released(world, "one", "two")
    world.registry.shown["champion"] = 1
    found, checks = watched(world)
    assert [check.name for check in found.findings] == ["views"]
    assert checks["views"].said == "mended: alias champion was 1, is 2"
    assert world.registry.shown["champion"] == 2
    assert watched(world)[0].name == HEALTHY


def test_a_tag_and_a_description_that_were_edited_by_hand_are_findings_once_and_are_mended(world):
    released(world, "one", "two")
    world.registry.tags[2]["heirloom.verdict"] = "block"
    world.registry.described[1] = "take me"
    found = looked(shop_of(world))
    assert name_of(found) == UNHEALTHY
    assert "tag heirloom.verdict of version 2 was block, is pass" in found.said
    assert "description of version 1 was sha256" in found.said
    assert name_of(looked(shop_of(world))) == HEALTHY


def test_a_page_that_an_act_had_no_time_to_write_is_no_finding(world):
    released(world, "one")
    version = world.add("two")
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at="promote.committed")), version, terms())
    found = looked(shop_of(world))
    assert (name_of(found), found.level) == (HEALTHY, OK)
    assert "tags were brought up to date" in found.said
    assert world.registry.tags[version]["heirloom.status"] == "champion"


def test_a_rollback_that_could_not_reach_the_registry_is_mended_without_alarm(world):
    released(world, "one", "two")
    world.registry.down = True
    rollback(world.desk(), "previous", "bad answers")
    world.registry.down = False
    found, checks = watched(world)
    assert (found.name, checks["views"].level) == (HEALTHY, WARN)
    assert world.registry.shown["champion"] == 1
    assert checks["retraining"].said.startswith("frozen")


def test_every_few_minutes_what_was_moved_is_put_back_and_no_bytes_of_models_are_read(world):
    released(world, "one", "two")
    world.registry.shown["champion"] = 1
    world.alter(1, here=False, copy=True)
    found = looked(shop_of(world))
    assert (name_of(found), found.said) == (UNHEALTHY, "mended: alias champion was 1, is 2")
    again = looked(shop_of(world))
    assert name_of(again) == HEALTHY
    assert "copy" in watched(world)[1]["views"].said


def test_every_few_minutes_what_was_announced_is_mended_and_a_busy_workspace_is_left(world):
    released(world, "one", "two")
    world.registry.down = True
    rollback(world.desk(), "previous", "bad answers")
    assert name_of(looked(shop_of(world))) == UNHEALTHY
    world.registry.down = False
    with held_elsewhere(shop_of(world).workspace):
        assert name_of(looked(shop_of(world))) == SKIPPED
    assert world.registry.shown["champion"] == 2
    assert name_of(looked(shop_of(world))) == MENDED
    assert world.registry.shown["champion"] == 1


def test_a_registry_that_is_down_is_a_finding(world):
    released(world, "one")
    world.registry.down = True
    found, checks = watched(world)
    assert (found.name, checks["views"].code) == (UNHEALTHY, 6)


@pytest.mark.parametrize("point", ["promote.intended", "promote.champion", "promote.pointer", "promote.read-back"])
def test_a_promotion_that_was_killed_is_finished_or_undone_and_told(world, point):
    released(world, "one")
    version = world.add("two")
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at=point)), version, terms())
    assert world.state().intent is not None
    _, checks = watched(world)
    assert world.state().intent is None
    assert f"the promotion to version {version} was left open" in checks["views"].said


def test_a_copy_of_the_registry_that_was_altered_is_a_finding_and_is_mended(world):
    released(world, "one")
    world.alter(1, here=False, copy=True)
    found, checks = watched(world)
    assert (found.name, checks["views"].said) == (UNHEALTHY, "mended: the registry's copy of version 1 was not true")
    assert watched(world)[0].name == HEALTHY


def test_a_view_that_knows_more_than_the_ledger_is_a_matter_of_bytes(world):
    released(world, "one")
    world.registry.shown["champion"] = 9
    found, checks = watched(world)
    assert (found.name, checks["views"].code) == (UNHEALTHY, 4)
    assert world.registry.shown["champion"] == 9


def test_a_canary_is_looked_at_with_the_champion_and_taken_off_where_it_does_not_hold(world):
    released(world, "one")
    shop = shop_of(world)
    version = world.add("two", policy_sha256=shop.policy.digest)
    begin_canary(world.desk(), version, terms(policy_sha256=shop.policy.digest), percent=5, hours=24)
    found = {check.name: check for check in watch(shop, MODEL).checks}
    assert (found["canary"].level, found["views"].level) == (OK, OK)
    assert found["canary"].said.startswith("version 2 has 5 % of the traffic until 2026-11-21T03:0")
    world.alter(2)
    with held_elsewhere(shop.workspace):
        found = {check.name: check for check in watch(shop, MODEL).checks}
    assert (found["canary"].code, found["champion"].level) == (3, OK)
    assert "version 2 was taken off: its bytes are altered: model.safetensors" in found["canary"].said
    assert (world.registry.shown["champion"], "canary" in world.registry.shown) == (1, False)
    again = {check.name: check for check in watch(shop, MODEL).checks}
    assert (again["canary"].said, again["views"].level) == ("there is none", OK)


def test_a_window_that_is_over_is_told_and_is_no_alarm(world):
    released(world, "one")
    begin_canary(world.desk(), world.add("two"), terms(), percent=5, hours=1)
    world.clock.at += timedelta(hours=2)
    shop = shop_of(world)
    found = watch(shop, MODEL)
    assert (found.name, {check.name: check for check in found.checks}["canary"].level) == (HEALTHY, WARN)
    assert world.ledger.kinds().count(kinds.CANARY_ENDED) == 1
    assert watch(shop, MODEL).doubts == ()


def test_every_few_minutes_a_canary_that_lost_what_let_it_out_is_taken_off(world):
    released(world, "one")
    shop = shop_of(world)
    held_to = terms(policy_sha256=shop.policy.digest)
    begin_canary(world.desk(), world.add("two", policy_sha256=shop.policy.digest), held_to, percent=5, hours=1)
    assert name_of(looked(shop)) == HEALTHY
    world.clock.at += timedelta(hours=2)
    assert (name_of(looked(shop)), name_of(looked(shop))) == (MENDED, HEALTHY)
    begin_canary(world.desk(), 2, held_to, percent=5, hours=1)
    found = looked(shop_of_changed(world, "seed = 8\n"))
    assert (name_of(found), "the policy is" in found.said) == (UNHEALTHY, True)
    assert "canary" not in world.registry.shown


def shop_of_changed(world, more):
    """A shop whose policy says something more."""
    shop = shop_of(world)
    (world.root / "policy.toml").write_text(POLICY + more)
    return shop


def test_while_the_workspace_is_held_views_are_left_for_next_time(world):
    released(world, "one", "two")
    world.registry.shown["champion"] = 1
    shop = shop_of(world)
    with held_elsewhere(shop.workspace):
        found = watch(shop, MODEL)
    assert found.name == HEALTHY
    assert "left for next time" in found.words
    assert world.registry.shown["champion"] == 1


def test_a_round_signs_where_the_ledger_ends_and_shows_it_in_the_registry(world):
    released(world, "one")
    _, checks = watched(world)
    assert checks["checkpoint"].said == f"seq {world.state().seq} is kept by folder"
    assert world.registry.line == {"heirloom.checkpoint": f"{world.state().seq} {world.state().head}"}
    assert watched(world)[1]["checkpoint"].said.endswith("already")


def test_a_ledger_that_was_cut_is_a_finding_and_is_not_signed_over(world):
    released(world, "one", "two")
    watched(world)
    kept = sorted((world.root / ".heirloom" / "checkpoints").iterdir())
    del world.ledger.kept[-1]
    found, checks = watched(world)
    assert (found.name, checks["ledger"].code, checks["checkpoint"].code) == (UNHEALTHY, 4, 4)
    assert "it was cut at its end, or is an old backup" in checks["ledger"].said
    assert checks["registry's word"].level == WARN
    assert sorted((world.root / ".heirloom" / "checkpoints").iterdir()) == kept


def test_a_tag_that_was_forged_in_the_registry_raises_a_doubt_and_decides_nothing(world):
    released(world, "one")
    watched(world)
    for forged in ("99 abc", "1 abc", "nonsense"):
        world.registry.line["heirloom.checkpoint"] = forged
        found, checks = watched(world)
        assert (found.name, checks["registry's word"].level) == (HEALTHY, WARN)


def held_elsewhere(workspace):
    import subprocess
    import sys
    from contextlib import contextmanager

    code = (
        "import sys; from pathlib import Path; from governance.adapters.lock import hold; from governance.ports.clock import SystemClock\n"
        "with hold(Path(sys.argv[1]), 'retrain', SystemClock()):\n    print('held', flush=True); sys.stdin.read()"
    )

    @contextmanager
    def holding():
        command = [sys.executable, "-c", code, str(workspace.lock)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            holder.stdout.readline()
            yield
            holder.stdin.close()

    return holding()


def test_an_old_champion_is_told(world):
    released(world, "one")
    world.clock.at += timedelta(days=40)
    found, checks = watched(world)
    assert (found.name, checks["last release"].said) == (HEALTHY, "40 days ago")
    assert checks["last release"].level == WARN


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_an_age_is_never_negative_whatever_the_clock_does(at, now):
    days = days_since({3: at.isoformat()}, 3, now)
    assert days == max((now - at).days, 0)


def test_a_round_without_a_check_cannot_be_made():
    with pytest.raises(ValueError, match="checks:"):
        Watch(model=MODEL, checks=())


def test_a_page_shows_findings_and_no_markup_from_outside():
    found = Watch(model="m.x", checks=(fine("a", "right"), doubtful("b", "old"), broken("c", "x | <script>\n")))
    assert found.words == "c: x | <script>\n; b: old"
    assert "| c | FAIL | x / &lt;script>  |" in watch_words(found)
    assert (health_key("m.x"), {FAIL, WARN, OK}) == ("heirloom-m-x-health", {c.level for c in found.checks})


@pytest.mark.slow
def test_the_flow_of_an_altered_shard_is_unhealthy_and_names_it(prefect, tmp_path):
    from flows.monitor import monitor

    root = made(tmp_path / "shop")
    (root / "shards").mkdir()
    for place in SHARDS.values():
        (root / place).write_bytes(b"rows")
    shop = open_shop(root, actor="ann")
    shop.ledger.record(kinds.WORKSPACE_CREATED, {"model": "tiny", "environment": "demo"})
    shop.ledger.record(kinds.SHARDS_PINNED, dict.fromkeys(SHARDS, "0" * 64))
    state = monitor(str(root), "tiny", return_state=True)
    assert (state.name, state.type.value) == (UNHEALTHY, "FAILED")
    assert "shards/anchors.parquet" in state.message


@pytest.mark.slow
def test_a_scheduled_retraining_of_a_frozen_workspace_is_skipped(prefect, deployed, tmp_path):
    from flows.retrain import retrain

    root = made(tmp_path / "shop")
    shop = open_shop(root, actor="ann")
    shop.ledger.record(kinds.WORKSPACE_CREATED, {"model": "tiny", "environment": "demo"})
    shop.ledger.record(kinds.SCHEDULE_FROZEN, {"reason": "somebody looks"})
    state = retrain(str(root), "tiny", return_state=True)
    assert (state.name, state.type.value) == ("Skipped", "COMPLETED")
    assert "somebody looks" in state.message


@pytest.mark.slow
def test_a_scheduled_retraining_of_a_held_workspace_is_skipped_and_names_the_holder(prefect, deployed, tmp_path):
    from flows.retrain import retrain

    root = made(tmp_path / "shop")
    with held_elsewhere(Workspace(root=root)):
        state = retrain(str(root), "tiny", return_state=True)
    assert (state.name, state.type.value) == ("Skipped", "COMPLETED")
    assert "is held by process" in state.message


@pytest.mark.slow
def test_a_retraining_by_hand_of_a_held_workspace_fails_with_the_conflict(prefect, tmp_path):
    from flows.retrain import retrain

    root = made(tmp_path / "shop")
    with held_elsewhere(Workspace(root=root)):
        state = retrain(str(root), "tiny", return_state=True)
    assert (state.name, state.type.value) == ("Conflict", "FAILED")


def test_a_deployed_run_acts_for_whoever_serves_and_only_in_the_served_workspace(deployed, tmp_path, monkeypatch):
    from flows.local import SERVED, shop_of_run
    from governance.errors import UsageError

    monkeypatch.setenv("HEIRLOOM_ACTOR", "service")
    monkeypatch.setenv(SERVED, str(tmp_path / "shop"))
    assert shop_of_run(str(tmp_path / "shop"), "mallory").actor == "service"
    with pytest.raises(UsageError, match="is not the workspace that is served"):
        shop_of_run(str(tmp_path / "other"), None)


def test_a_run_by_hand_acts_for_its_requester(tmp_path):
    from flows.local import shop_of_run

    assert shop_of_run(str(tmp_path), "ann").actor == "ann"


def test_a_note_of_a_server_that_is_gone_counts_for_nothing(tmp_path):
    from flows.local import served_page, server_note
    from flows.server import HOST, free_port
    from governance.digest import write_document

    place = Workspace(root=tmp_path)
    assert served_page(place) is None
    write_document(server_note(place), {"page": f"http://{HOST}:{free_port(0)}"})
    assert served_page(place) is None
