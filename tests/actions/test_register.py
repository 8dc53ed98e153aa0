"""A finished cycle becomes a version, once, wherever the process dies."""

import pytest

from governance.actions.promote import promote
from governance.actions.register import STEPS, register
from governance.errors import DependencyError, IntegrityError
from governance.release import kinds
from tests.world import Killed, Killer, World, finished, terms


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_passed_candidate_is_kept_recorded_and_shown_as_candidate(world):
    done = register(world.desk(), finished("one"), world.candidate("one"))
    release = world.state().releases[1]
    assert (done.version, done.changed, done.review_requested, done.report) == (1, True, False, "runs/1/review/report.html")
    assert (release.checkpoint, release.verdict, release.registered_seq) == (done.checkpoint, "pass", done.seq)
    assert world.registry.shown == {"candidate": 1}
    assert world.models.differences(done.checkpoint) == []


@pytest.mark.parametrize("verdict", ["block", "inconclusive"])
def test_a_candidate_without_a_pass_is_shown_as_refused_and_nobody_is_asked(world, verdict):
    done = register(world.desk(), finished("one", verdict=verdict, review_for="engineer-a"), world.candidate("one"))
    assert (done.verdict, done.review_requested) == (verdict, False)
    assert world.registry.shown == {"refused": 1}


@pytest.mark.parametrize("point", STEPS)
def test_a_registration_killed_anywhere_is_finished_by_the_same_command_once(world, point):
    facts = finished("one", review_for="engineer-a")
    with pytest.raises(Killed):
        register(world.desk(steps=Killer(at=point)), facts, world.candidate("one"))
    register(world.desk(), facts, world.candidate("one"))
    assert world.ledger.kinds() == [kinds.CANDIDATE_REGISTERED, kinds.REVIEW_REQUESTED]
    assert world.registry.shown == {"candidate": 1}
    assert not register(world.desk(), facts, world.candidate("one")).changed


def test_two_processes_that_register_one_cycle_make_one_version(world):
    rival = Killer(at="register.shown", meanwhile=lambda: register(world.desk("b"), finished("one"), world.candidate("one")))
    assert register(world.desk(steps=rival), finished("one"), world.candidate("one")).version == 1
    assert world.ledger.kinds() == [kinds.CANDIDATE_REGISTERED]


def test_a_checkpoint_that_is_not_the_judged_one_is_refused(world):
    candidate = world.candidate("one")
    (candidate.checkpoint / "config.json").write_text("other")
    with pytest.raises(IntegrityError, match="which was judged"):
        register(world.desk(), finished("one"), candidate)
    assert world.ledger.kept == []
    assert world.registry.calls == []


def test_a_registry_that_counts_anew_is_noticed(world):
    world.add("one")
    world.registry.forget()
    with pytest.raises(IntegrityError, match="gave number 1 to cycle"):
        world.add("two")
    assert len(world.ledger.kept) == 1


def test_a_registry_that_is_down_leaves_no_word_in_the_ledger(world):
    world.registry.down = True
    with pytest.raises(DependencyError):
        world.add("one")
    assert world.ledger.kept == []


def test_a_newer_candidate_takes_the_alias_and_a_promoted_one_leaves_it(world):
    world.add("one")
    promote(world.desk(), 1, terms())
    world.add("two")
    world.add("three")
    assert world.registry.shown == {"candidate": 3, "champion": 1, "pre-synthetic": 1}


@pytest.mark.parametrize("facts", [{"verdict": "maybe"}, {"synthetic_tokens": 2000}, {"worst_shard_synthetic": 101}, {"depth": -1}])
def test_impossible_facts_cannot_be_built(facts):
    with pytest.raises(ValueError, match=r"none of pass|more than all|negative"):
        finished("one", **facts)
