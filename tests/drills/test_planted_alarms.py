"""Bred faults light the alarm that is meant for them, and a policy that makes an alarm blunt puts it out.

No promise of the drill is broken by that: a deleted slice is seen by three alarms and two gates, so which of them spoke is asked here.
"""

from pathlib import Path
from typing import Any

import planted_language
import pytest
from drill_bench import SEED, gated_metrics, planted_stock

from governance.digest import read_document
from governance.drills.run import bred, shipped_faults
from governance.drills.trial import Instruments, Probed, examine
from governance.gates.margins import GateRules


def instruments(**rules: Any) -> Instruments:
    return Instruments(plan=planted_language.PLAN, rules=GateRules(**rules), metrics=gated_metrics())


def last_of(name: str, place: Path) -> Probed:
    """The last candidate of a course on the planted language."""
    faults = {name: shipped_faults()[name]}
    (course,) = bred(planted_stock(), instruments(), faults, seed=SEED, place=place, step=lambda _: None)
    return course[-1]


def decided(probed: Probed, **rules: Any) -> dict[str, Any]:
    examine(probed, instruments(**rules))
    return read_document(probed.desk.place / "decision.json")


def of_slices(decision: dict[str, Any]) -> list[str]:
    return [alarm for alarm in decision["alarms"] if "beyond the slice margin" in alarm]


def test_a_deleted_slice_is_alarmed_by_its_name_and_no_other_is(tmp_path: Path) -> None:
    probed = last_of("slice_deleted", tmp_path)
    tail = planted_language.shelf().tail
    largest = tail.group_by("slice").len().sort(["len", "slice"], descending=[True, False])["slice"][0]
    said = of_slices(decided(probed))
    assert said
    assert all(f"of slice {largest!r} moved" in alarm for alarm in said)
    assert of_slices(decided(probed, slice_margin_percent=99.0)) == []


@pytest.mark.slow
def test_a_growing_leak_is_alarmed_by_the_rule_over_cycles_and_a_rule_without_error_to_spend_stays_silent(tmp_path: Path) -> None:
    probed = last_of("slow_leak", tmp_path)
    assert [look["alarmed"] for look in decided(probed)["sequential"]] == [True]
    assert [look["alarmed"] for look in decided(probed, sequential_alpha_percent=1e-9)["sequential"]] == [False]
