"""One decision over all gates: what passes, what blocks, and what no number can excuse."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_measures import GATED, RULES, comparison, entry, lineage, measures, mix, question

from governance.digest import digest_document, write_document
from governance.errors import PolicyError
from governance.gates.decision import decide
from governance.gates.margins import GateRules, Margin
from governance.section import read_section, section_document
from governance.stages import judge

FOUNDING = {"kind": "founding", "champion": None, "baseline": None}
LIMITS = {"tail_perplexity": 5.0, "human_perplexity": 3.0, "distinct_2": 10.0, "distinct_3": 5.0, "ngram_entropy": 3.0}
EVERY = pytest.mark.parametrize("metric", GATED)


def gates(decision, name):
    return {g["against"]: g for g in decision["gates"] if g["gate"] == name}


def test_nothing_moved_passes_with_every_gate_named():
    decision = decide(**question())
    assert decision["verdict"] == "pass"
    assert {g["gate"] for g in decision["gates"]} == {*GATED, "synthetic_share"}
    assert decision["gates_off"] == []
    assert decision["alarms"] == []
    assert decision["calibrated"] is False


def test_the_reason_of_a_block_is_a_sentence_with_number_interval_limit_and_evidence():
    moved = {"change": 0.071, "low": 0.062, "high": 0.080, "se": 0.005, "noise": 0.004, "n": 412}
    decision = decide(**question(measures=measures(entry("tail_perplexity", baseline=moved))))
    assert decision["verdict"] == "block"
    assert decision["reason"] == "tail perplexity moved +7.1 % [+6.2, +8.0] against the baseline, limit +5.0 %, 412 documents"


@EVERY
def test_a_point_inside_the_margin_is_no_pass_while_its_interval_reaches_across(metric):
    limit = LIMITS[metric] / 100
    wide = entry(metric, baseline=comparison(limit * 0.8, limit * 0.5))
    found = gates(decide(**question(measures=measures(wide))), metric)["baseline"]
    assert found["verdict"] == "inconclusive"
    assert found["documents_needed"] > 400


@EVERY
def test_the_whole_interval_beyond_the_margin_blocks(metric):
    limit = LIMITS[metric] / 100
    for sign in (1, -1):
        beyond = entry(metric, baseline=comparison(sign * limit * 1.5, limit * 0.4))
        verdict = decide(**question(measures=measures(beyond)))["verdict"]
        assert verdict == ("pass" if sign < 0 and metric.endswith("perplexity") else "block")


@EVERY
def test_a_step_against_the_champion_is_limited_too(metric):
    leap = entry(metric, champion=comparison(0.2, 0.01))
    decision = decide(**question(measures=measures(leap)))
    assert decision["verdict"] == "block"
    assert gates(decision, metric)["baseline"]["verdict"] == "pass"


BEST = {"version": 3, "digest": "best"}


@EVERY
def test_the_best_ever_release_has_the_margin_of_the_baseline(metric):
    limit = LIMITS[metric] / 100
    close = entry(metric, **{"best-ever": comparison(-limit / 2 if metric.endswith("perplexity") else limit / 2, limit / 4)})
    close["values"]["best-ever"] = 1.5
    whole = [entry(name, **{"best-ever": comparison()}) for name in GATED if name != metric]
    for other in whole:
        other["values"]["best-ever"] = 1.5
    decision = decide(**question(measures=measures(close, *whole), best_ever=BEST))
    assert decision["verdict"] == "pass"
    assert gates(decision, metric)["best-ever"]["limit"] == limit
    lost = {**close, "against": close["against"] | {"best-ever": comparison(1.5 * limit, limit / 4)}}
    decision = decide(**question(measures=measures(lost, *whole), best_ever=BEST))
    assert decision["verdict"] == "block"
    assert gates(decision, metric)["baseline"]["verdict"] == "pass"
    assert "against the best-ever release, limit" in decision["reason"]


def test_a_best_ever_release_that_was_not_asked_is_no_pass():
    decision = decide(**question(best_ever=BEST))
    assert decision["verdict"] == "inconclusive"
    assert "there is no comparison with the best-ever release" in decision["reason"]


def test_a_best_ever_release_that_is_baseline_or_champion_is_judged_by_what_was_asked_of_that_one():
    as_baseline = decide(**question(best_ever={"version": 1, "digest": "b"}))
    assert (as_baseline["verdict"], len(as_baseline["gates"])) == ("pass", 11)
    as_champion = decide(**question(best_ever={"version": 2, "digest": "c"}))
    assert (as_champion["verdict"], len(as_champion["gates"])) == ("pass", 16)
    leap = entry("tail_perplexity", champion=comparison(0.07, 0.001))
    found = gates(decide(**question(measures=measures(leap), best_ever={"version": 2, "digest": "c"})), "tail_perplexity")
    assert found["best-ever"]["verdict"] == "block"


@EVERY
def test_under_a_hundred_documents_never_pass_and_still_block(metric):
    assert decide(**question(measures=measures(entry(metric, baseline=comparison(n=99)))))["verdict"] == "inconclusive"
    assert decide(**question(measures=measures(entry(metric, baseline=comparison(0.5, 0.01, n=99)))))["verdict"] == "block"


@EVERY
@pytest.mark.parametrize("value", [math.nan, math.inf, -1, 0, None, "1.5", True])
def test_a_sentinel_is_never_a_pass(metric, value):
    spoilt = entry(metric)
    spoilt["values"] = spoilt["values"] | {"candidate": value}
    decision = decide(**question(measures=measures(spoilt)))
    assert decision["verdict"] == "inconclusive"
    assert decision["reason"].startswith("not-measured")


@EVERY
@pytest.mark.parametrize(
    "found",
    [
        None,
        {"change": None, "reason": "only 12 documents"},
        {"change": 0.0},
        comparison() | {"high": math.nan},
        comparison() | {"low": -math.inf},
        comparison() | {"n": "many"},
        comparison() | {"low": 0.4},
    ],
)
def test_a_comparison_that_is_not_whole_is_never_a_pass(metric, found):
    decision = decide(**question(measures=measures(entry(metric, baseline=found))))
    assert decision["verdict"] == "inconclusive"
    assert "not-measured" in decision["reason"]


@EVERY
def test_a_metric_that_is_missing_is_never_a_pass(metric):
    left = {"schema": "heirloom/measures/1", "metrics": [e for e in measures()["metrics"] if e["name"] != metric]}
    assert decide(**question(measures=left))["verdict"] == "inconclusive"


changes = st.floats(-0.4, 0.4)
widths = st.floats(0.0005, 0.1)
readings = st.fixed_dictionaries({name: st.tuples(changes, widths) for name in GATED})


def verdict_of(moved):
    return decide(**question(measures=measures(*(entry(n, baseline=comparison(*m)) for n, m in moved.items()))))


@settings(max_examples=80, deadline=None)
@given(moved=readings)
def test_a_pass_needs_every_bound_inside_its_margin_and_a_block_needs_one_beyond(moved):
    decision = verdict_of(moved)
    inside = [w + c < LIMITS[n] / 100 and (n.endswith("perplexity") or c - w > -LIMITS[n] / 100) for n, (c, w) in moved.items()]
    beyond = [c - w > LIMITS[n] / 100 or (not n.endswith("perplexity") and c + w < -LIMITS[n] / 100) for n, (c, w) in moved.items()]
    assert decision["verdict"] == ("block" if any(beyond) else "pass" if all(inside) else "inconclusive")


@settings(max_examples=40, deadline=None)
@given(
    moved=readings, accuracy=st.floats(0, 1), size=st.integers(1, 10**12), better=st.sampled_from(["accuracy", "judge", "embedding_spread"])
)
def test_accuracy_a_happy_judge_and_size_change_no_verdict(moved, accuracy, size, better):
    plain = verdict_of(moved)
    entries = [entry(n, baseline=comparison(*m)) for n, m in moved.items()]
    praised = measures(*entries, entry(better, baseline=comparison(accuracy)))
    grown = lineage() | {"recipe": {"width": size, "accuracy": accuracy}}
    assert decide(**question(measures=praised, lineage=grown))["verdict"] == plain["verdict"]


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_metrics_changes_nothing(order):
    every = measures(entry("tail_perplexity", baseline=comparison(0.06, 0.02)))
    shuffled = every | {"metrics": [every["metrics"][i] for i in order]}
    assert digest_document(decide(**question(measures=shuffled))) == digest_document(decide(**question(measures=every)))


def test_more_synthetic_text_than_the_cap_blocks_wherever_it_is():
    assert decide(**question(lineage=lineage() | {"worst_shard_synthetic": {"synthetic": 41, "total": 100}}))["verdict"] == "block"
    assert decide(**question(mix=mix() | {"shards": [{"shard": 3, "anchor": 15, "human": 20, "synthetic": 65}]}))["verdict"] == "block"
    blocked = decide(**question(lineage=lineage(synthetic=50, human=35)))
    assert "the run, anchors left out, holds 50 synthetic of 85 tokens, more than the cap of 40 %" in blocked["reason"]


@given(human=st.integers(1, 10**12), anchor=st.integers(0, 10**12), over=st.integers(-1, 1))
def test_the_cap_is_exact_to_one_token(human, anchor, over):
    synthetic = 2 * human // 3 + over
    if synthetic < 0:
        return
    counts = {"synthetic": synthetic, "human": human, "anchor": anchor}
    found = gates(decide(**question(mix=mix(**counts), lineage=lineage(**counts))), "synthetic_share")["-"]
    assert found["verdict"] == ("block" if synthetic * 100 > 40 * (human + synthetic) else "pass")


@pytest.mark.parametrize("count", [-1, 0.5, None, "9", math.nan])
def test_token_counts_that_are_no_counts_never_pass(count):
    broken = lineage() | {"worst_shard_synthetic": {"synthetic": count, "total": 100}}
    assert decide(**question(lineage=broken))["verdict"] == "inconclusive"


def test_a_founding_cycle_passes_on_human_text_alone():
    decision = decide(**question(**FOUNDING, mix=mix(synthetic=0), lineage=lineage(synthetic=0)))
    assert decision["verdict"] == "pass"
    assert decision["reason"].startswith("founding cycle: human text only")


def test_a_founding_cycle_with_one_synthetic_token_blocks():
    assert decide(**question(**FOUNDING, mix=mix(synthetic=0), lineage=lineage(synthetic=1)))["verdict"] == "block"


@pytest.mark.parametrize("spoil", [{"units": 99}, {"units": None}, {"values": {"candidate": None}}, {"values": {"candidate": math.nan}}])
def test_a_founding_cycle_needs_whole_readings_of_enough_documents(spoil):
    thin = measures(entry("tail_perplexity") | spoil)
    decision = decide(**question(**FOUNDING, measures=thin, mix=mix(synthetic=0), lineage=lineage(synthetic=0)))
    assert decision["verdict"] == "inconclusive"


def test_a_founding_cycle_without_lineage_counts_is_inconclusive():
    unknown = lineage(synthetic=0)
    del unknown["synthetic_tokens"]
    assert decide(**question(**FOUNDING, mix=mix(synthetic=0), lineage=unknown))["verdict"] == "inconclusive"


def test_a_retraining_without_a_baseline_never_passes():
    alone = measures(*(entry(n, baseline={"change": None, "reason": "no baseline"}) for n in GATED))
    assert decide(**question(measures=alone, champion=None, baseline=None))["verdict"] == "inconclusive"


def test_a_champion_that_is_the_baseline_needs_no_second_probe():
    missing = {"change": None, "reason": "the champion was not scored"}
    once = measures(*(entry(n, champion=missing) for n in GATED))
    same = {"version": 1, "digest": "b"}
    assert decide(**question(measures=once, champion=same, baseline=same))["verdict"] == "pass"
    assert decide(**question(measures=once))["verdict"] == "inconclusive"


def test_gates_that_are_off_are_named_and_still_raise_an_alarm():
    only = GateRules(enabled=("tail_perplexity",))
    decision = decide(**question(rules=only, measures=measures(entry("distinct_2", baseline=comparison(-0.5, 0.01)))))
    assert decision["verdict"] == "pass"
    assert "distinct_2" in decision["gates_off"]
    assert any("switched off would have blocked" in alarm for alarm in decision["alarms"])


@pytest.mark.parametrize("enabled", [(), ("synthetic_share",)])
def test_a_policy_without_a_gate_that_measures_never_passes(enabled):
    assert decide(**question(rules=GateRules(enabled=enabled)))["verdict"] == "inconclusive"


@pytest.mark.parametrize(
    "wrong", [{"enabled": ("tail_perplexty",)}, {"margins": {"nope": Margin(margin_percent=1, champion_step_percent=1)}}]
)
def test_a_misspelt_gate_is_refused_by_name(wrong):
    with pytest.raises(PolicyError, match="is no gate"):
        decide(**question(rules=GateRules(**wrong)))


def test_the_policy_may_move_a_margin():
    rules = read_section(GateRules, {"margins": {"tail_perplexity": {"margin_percent": 9, "champion_step_percent": 9}}}, "policy.gates")
    moved = measures(entry("tail_perplexity", baseline=comparison(0.07, 0.01)))
    assert decide(**question(measures=moved))["verdict"] == "block"
    assert decide(**question(measures=moved, rules=rules))["verdict"] == "pass"


@pytest.mark.parametrize(
    "wrong",
    [
        {"enabled": ["distinct_2", "distinct_2"]},
        {"slice_margin_percent": 0.0},
        {"flat_percent": 100.0},
        {"planned_power_percent": 20},
        {"margins": {"distinct_2": {"margin_percent": -1, "champion_step_percent": 1}}},
        {"margins": {"distinct_2": {"margin_percent": 1, "champion_step_percent": 1, "minimum_units": 3}}},
    ],
)
def test_impossible_gate_settings_are_refused(wrong):
    with pytest.raises(PolicyError, match=r"policy\.gates"):
        read_section(GateRules, wrong, "policy.gates")


class FolderDesk:
    """Just enough of a desk for one stage."""

    def __init__(self, folder, needs):
        self.folder, self.needs = folder, needs

    def need(self, key):
        return self.needs[key]

    def section(self, key, kind):
        return read_section(kind, self.needs[key], key)

    def reads(self, name):
        return self.folder / name

    writes = reads


def test_the_stage_writes_the_decision_of_its_files(tmp_path):
    asked = question(measures=measures() | {"controls": None})
    for name in ("measures", "mix", "lineage"):
        write_document(tmp_path / f"{name}.json", asked[name])
    needs = {name: asked[name] for name in ("kind", "policy_sha256", "champion", "baseline")} | {
        "best_ever": None,
        "history": None,
        "extension": None,
    }
    judge.STAGE.work(FolderDesk(tmp_path, needs | {"policy.gates": section_document(RULES)}))
    assert json.loads((tmp_path / "decision.json").read_text()) == decide(**asked)
