"""Levels: what a finished cycle says of its candidate, and which release was ever the best on the shard that is pinned now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_events import chain, promoted, registered, rolled

from governance.release import kinds
from governance.release.fold import fold
from governance.release.levels import Level, Levels, levels_of
from governance.release.standing import history_document

PINS = {"anchors": "a", "tail": "t1", "human": "h", "prompts": "p"}
POLICY = {"gates": {"extension": {}}}
AGAINST = {"change": 0.01, "low": 0.0, "high": 0.02, "se": 0.006, "noise": 0.004, "n": 371}


def at(version, bits, shard="t1"):
    """A registration that says where the candidate stood on the tail shard."""
    kind, body = registered(version)
    if bits is None:
        return kind, {**body, "levels": None}
    level = Level(shard=shard, bits_per_byte=bits, against_baseline=None)
    return kind, {**body, "levels": Levels(baseline=None, readings={"tail_perplexity": level}).document()}


def line(*levels, shard="t1"):
    """Releases promoted in turn at these levels; None = nothing was kept of it."""
    events = [(kinds.SHARDS_PINNED, {**PINS, "tail": shard})]
    for number, bits in enumerate(levels, start=1):
        events += [at(number, bits), promoted(number, number - 1 or None)]
    return events


def test_the_best_ever_release_is_the_one_with_the_lowest_tail_perplexity_and_the_older_of_two_equals():
    assert fold(chain(*line(2.0, 1.9, 1.95, 1.9))).best_ever == 2


def test_a_candidate_that_was_never_promoted_is_not_in_the_running():
    state = fold(chain(*line(2.0), at(2, 1.0)))
    assert (state.best_ever, state.tail_bits(2)) == (1, 1.0)


def test_a_release_that_a_rollback_left_is_not_in_the_running():
    assert fold(chain(*line(2.0, 1.9), rolled(1, 2))).best_ever == 1


def test_a_reading_of_another_shard_and_a_release_without_one_are_not_compared():
    assert fold(chain(*line(2.0, 1.9, shard="t2"))).best_ever is None
    assert fold(chain(*line(None, 1.9, 2.5))).best_ever == 2
    assert fold(chain(registered(1), promoted(1))).best_ever is None


def test_what_is_kept_names_the_best_ever_release_too():
    assert fold(chain(*line(2.0, 1.8, 1.9, 2.1, 2.2))).kept == (1, 2, 4, 5)


@given(st.lists(st.one_of(st.none(), st.floats(0.1, 8)), min_size=1, max_size=8))
def test_no_promoted_release_reads_lower_than_the_best_ever(levels):
    state = fold(chain(*line(*levels)))
    known = [bits for bits in levels if bits is not None]
    assert (state.tail_bits(state.best_ever) if state.best_ever else None) == (min(known) if known else None)


def measures(bits, against):
    entries = (
        {"name": name, "values": {"candidate": bits}, "against": {"baseline": against}} for name in ("tail_perplexity", "human_perplexity")
    )
    return {"metrics": list(entries)}


def test_a_finished_cycle_keeps_both_perplexities_with_shard_baseline_and_comparison():
    found = levels_of(measures(1.5, AGAINST), {"shards": PINS, "policy": POLICY, "baseline": {"version": 1, "digest": "b"}})
    level = found.readings["human_perplexity"]
    assert (found.baseline, level.shard, level.bits_per_byte, dict(level.against_baseline)) == ("b", "h", 1.5, AGAINST)
    assert Levels.from_document(found.document()) == found


@pytest.mark.parametrize("bits", [None, 0, -1, float("nan"), float("inf"), "1.5", True])
def test_what_is_no_reading_is_no_level(bits):
    assert levels_of(measures(bits, AGAINST), {"shards": PINS, "policy": POLICY, "baseline": None}).readings == {}


def test_a_comparison_that_was_not_taken_leaves_the_level():
    found = levels_of(
        measures(1.5, {"change": None, "reason": "two"}), {"shards": PINS, "policy": POLICY, "baseline": {"version": 1, "digest": "b"}}
    )
    assert found.readings["tail_perplexity"].against_baseline is None


def compared(version, change, baseline="bytes-1", shard="t1"):
    kind, body = at(version, 2.0 + change)
    level = Level(shard=shard, bits_per_byte=2.0 + change, against_baseline={**AGAINST, "change": change})
    return kind, {**body, "synthetic_tokens": 10, "levels": Levels(baseline=baseline, readings={"tail_perplexity": level}).document()}


def test_the_history_is_what_was_promoted_since_the_baseline_and_may_serve():
    events = [(kinds.SHARDS_PINNED, PINS), at(1, 2.0), promoted(1), compared(2, 0.01), promoted(2, 1), compared(3, 0.02), promoted(3, 2)]
    found = history_document(fold(chain(*events)))
    assert found["baseline"] == "bytes-1"
    assert [(r["version"], r["levels"]["tail_perplexity"]["against_baseline"]["change"]) for r in found["releases"]] == [
        (2, 0.01),
        (3, 0.02),
    ]
    left = history_document(fold(chain(*events, rolled(2, 3))))
    assert [r["version"] for r in left["releases"]] == [2]


def test_a_level_on_another_shard_or_against_another_baseline_makes_no_course():
    events = [(kinds.SHARDS_PINNED, PINS), at(1, 2.0), promoted(1), compared(2, 0.01, baseline="other"), promoted(2, 1)]
    (release,) = history_document(fold(chain(*events)))["releases"]
    assert release["levels"]["tail_perplexity"] == {"bits_per_byte": 2.01, "against_baseline": None}
    events[3] = compared(2, 0.01, shard="t2")
    assert history_document(fold(chain(*events)))["releases"][0]["levels"] == {}


def test_without_a_baseline_there_is_no_history():
    assert history_document(fold(chain())) == {"baseline": None, "releases": []}


def test_a_first_look_names_the_part_it_read_and_readings_of_parts_are_compared_with_one_another():
    policy = {"gates": {"extension": {"allowed": True, "reserve_percent": 40}}}
    found = levels_of(measures(1.5, AGAINST), {"shards": PINS, "policy": policy, "baseline": None})
    part = found.readings["tail_perplexity"].shard
    assert part == "t1:40 % held back"
    state = fold(chain((kinds.SHARDS_PINNED, PINS), at(1, 1.0), promoted(1), at(2, 2.0, shard=part), promoted(2, 1)))
    assert (state.read_of("tail_perplexity"), state.best_ever) == (part, 2)
