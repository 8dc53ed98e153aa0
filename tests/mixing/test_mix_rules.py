from typing import Any

import pytest

from governance.errors import PolicyError
from governance.mixing.rules import MixRules
from governance.section import read_section, section_document


def test_the_defaults_are_the_recovery_plan() -> None:
    rules = MixRules()
    assert (rules.synthetic_cap_percent, rules.anchor_percent) == (35, 15)


def test_the_cap_accepts_every_whole_percentage_from_1_to_50_and_a_safety_critical_one_those_below_20() -> None:
    for cap in range(1, 51):
        assert MixRules(synthetic_cap_percent=cap).synthetic_cap_percent == cap
    for cap in range(1, 20):
        assert MixRules(synthetic_cap_percent=cap, profile="safety-critical").synthetic_cap_percent == cap


def test_rules_survive_the_policy_file() -> None:
    rules = MixRules(teachers={"tutor": "pinned", "old": "0" * 64}, synthetic_tasks=("headline",))
    assert read_section(MixRules, section_document(rules), "mixing") == rules


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ({"synthetic_cap_percent": 51}, "synthetic_cap_percent: 51 is not a percentage in 1..50"),
        ({"synthetic_cap_percent": 0}, "synthetic_cap_percent: 0"),
        ({"anchor_percent": 51}, "anchor_percent: 51"),
        ({"near_duplicate_jaccard_percent": 101}, "near_duplicate_jaccard_percent: 101"),
        ({"shard_rows": 0}, "shard_rows: 0 is not at least 1"),
        ({"minimum_human_tokens": 0}, "minimum_human_tokens: 0"),
        ({"self_generated": "maybe"}, "self_generated: 'maybe' is neither 'admit' nor 'refuse'"),
        ({"teachers": {"tutor": "latest"}}, "teachers.tutor: 'latest' is neither a sha256"),
        ({"slice_caps": {"regional": 51}}, r"slice_caps.regional: 51 is not a percentage in 0..50 \(profile general\)"),
        ({"task_caps": {"headline": -1}}, "task_caps.headline: -1"),
        ({"slice_cap_percent": 51}, "slice_cap_percent: 51"),
        ({"warned_anchor_passes": 0}, "warned_anchor_passes: 0 is not at least 1"),
        ({"anchor_sampling": "most"}, "anchor_sampling: 'most' is neither 'even' nor 'active'"),
        ({"profile": "careless"}, "profile: 'careless' is none of general, safety-critical"),
        ({"profile": "safety-critical", "synthetic_cap_percent": 20}, "synthetic_cap_percent: 20 is not a percentage in 1..19"),
        ({"profile": "safety-critical", "slice_caps": {"dosage": 20}}, "slice_caps.dosage: 20 is not a percentage in 0..19"),
        ({"profile": "safety-critical", "task_caps": {"triage": 20}}, "task_caps.triage: 20"),
        ({"synthetic_cap": 35}, "unknown setting 'synthetic_cap'"),
    ],
)
def test_an_impossible_rule_is_an_error_with_its_place(setting: dict[str, Any], found: str) -> None:
    with pytest.raises(PolicyError, match=f"mixing: {found}"):
        read_section(MixRules, setting, "mixing")


@pytest.mark.parametrize(("profile", "cap"), [("general", 35), ("safety-critical", 19)])
def test_a_profile_says_the_cap_where_the_policy_does_not(profile: str, cap: int) -> None:
    rules = read_section(MixRules, {"profile": profile}, "mixing")
    assert section_document(rules)["synthetic_cap_percent"] == cap
    assert type(rules.synthetic_cap_percent) is int
    assert read_section(MixRules, section_document(rules), "mixing") == rules


def test_a_slice_without_its_own_cap_takes_that_of_all_slices() -> None:
    rules = MixRules(slice_caps={"regional": 25}, slice_cap_percent=40, task_caps={"headline": 50})
    assert (rules.cap_of_slice("regional"), rules.cap_of_slice("opinion")) == (25, 40)
    assert (rules.cap_of_task("headline"), rules.cap_of_task("summary")) == (50, None)
