"""Controls in the ledger: their readings add up to a noise, and nothing makes a release of them."""

import pytest
from ledger_events import chain

from governance.errors import UsageError
from governance.release import kinds
from governance.release.controls import Control, controls_due, pooled_noises, terms_of
from governance.release.fold import fold
from governance.release.kinds import check_body
from governance.release.rules import ControlRules


def read(seed: int, tail: float, group: str = "g1", terms: str = "t1"):
    body = {"cycle": 2, "group": group, "terms": terms, "seed": seed, "checkpoint": f"c{seed}", "readings": {"tail_perplexity": tail}}
    return kinds.CONTROL_READ, body


def test_six_controls_of_one_cycle_give_a_noise_and_no_release():
    events = chain(*(read(seed, 0.01 * seed) for seed in range(6)))
    state = fold(events)
    assert len(state.controls) == 6
    assert dict(state.releases) == {}
    assert state.waiting == ()
    assert state.champion is None
    noise = pooled_noises(state.controls.values(), "t1")["tail_perplexity"]
    assert noise.degrees == 5
    assert noise.sd == pytest.approx(0.01 * 3.5**0.5)


def test_a_control_that_is_written_down_twice_counts_once():
    once, twice = chain(read(1, 0.5)), chain(read(1, 0.5), read(1, 0.5))
    assert dict(fold(once).controls) == dict(fold(twice).controls)


def test_five_controls_and_controls_of_other_terms_are_not_enough():
    few = [read(seed, 0.01 * seed) for seed in range(5)]
    assert pooled_noises(fold(chain(*few)).controls.values(), "t1") == {}
    mixed = [*few, read(9, 0.3, terms="t2"), read(10, 0.3, group="g2")]
    assert pooled_noises(fold(chain(*mixed)).controls.values(), "t1") == {}


def test_groups_are_pooled_each_around_its_own_mean():
    two = [read(seed, 0.01 * (seed % 2) + place, group=f"g{place}") for place in range(5) for seed in range(2)]
    noise = pooled_noises(fold(chain(*two)).controls.values(), "t1")["tail_perplexity"]
    assert (noise.degrees, noise.sd) == (5, pytest.approx(0.01 * 0.5**0.5))


def test_the_assumed_noise_itself_does_not_change_the_terms_and_recipe_probe_and_shards_do():
    policy = {"training": {"epochs": 1}, "probe": {"retrain_noise_percent": 0.4, "draws": 4}}
    same = {**policy, "probe": {"retrain_noise_percent": 0.9, "draws": 4}}
    assert terms_of(policy, {"tail": "a"}) == terms_of(same, {"tail": "a"})
    others = [({**policy, "training": {"epochs": 2}}, "a"), ({**policy, "probe": {"draws": 5}}, "a"), (policy, "b")]
    assert len({terms_of(found, {"tail": shard}) for found, shard in [(policy, "a"), *others]}) == 4


def test_readings_that_are_no_numbers_are_refused_and_a_body_without_them_too():
    with pytest.raises(ValueError, match="finite"):
        Control(cycle=1, group="g", terms="t", seed=1, checkpoint="c", readings={"tail_perplexity": float("nan")})
    kind, body = read(1, 0.1)
    with pytest.raises(UsageError, match="readings is missing"):
        check_body(kind, {key: value for key, value in body.items() if key != "readings"})


def due(every: int, cycle: int, *made: tuple[str, object], count: int = 1, group: str = "g9", terms: str = "t1") -> int:
    controls = fold(chain(*made)).controls.values() if made else ()
    return controls_due(ControlRules(every=every, count=count), controls, cycle, group, terms)


def test_a_schedule_of_nought_wants_no_control_and_another_wants_the_first_at_once():
    assert due(0, 5) == 0
    assert due(3, 2) == 1
    assert due(3, 2, count=6) == 6


def test_controls_are_due_again_after_so_many_cycles_and_not_before():
    made = read(1, 0.1)  # in cycle 2
    assert [due(3, cycle, made) for cycle in (3, 4, 5, 9)] == [0, 0, 1, 1]
    assert due(3, 3, read(1, 0.1, terms="t2")) == 1, "those of another recipe, probe or shard measured something else"


def test_a_killed_run_makes_the_rest_and_one_that_was_done_makes_none():
    own = [read(seed, 0.1, group="g9") for seed in range(2)]
    assert due(1, 2, *own, count=3) == 1
    assert due(1, 2, *own, count=2) == 0
    assert due(1, 2, *own, count=1) == 0


@pytest.mark.parametrize("wrong", [{"every": -1}, {"every": 1001}, {"count": 0}, {"count": 51}])
def test_an_impossible_schedule_is_refused(wrong: dict[str, int]):
    with pytest.raises(ValueError, match="is not in"):
        ControlRules(**wrong)
