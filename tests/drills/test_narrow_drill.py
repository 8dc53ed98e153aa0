"""A drill that asks only what verdicts rest on says of every candidate what the whole probe says."""

from dataclasses import replace
from pathlib import Path

import planted_language
from drill_bench import gated_metrics, planted_stock

from governance.collapse.report import shipped_metrics
from governance.drills.narrow import asked_for_verdicts, read_for_verdicts
from governance.drills.run import drill, shipped_faults
from governance.drills.trial import Instruments
from governance.gates.margins import GateRules

WHOLE = replace(
    planted_language.PLAN,
    temperatures=(0.7, 1.0),
    samples_per_prompt=2,
    other_draws=1,
    max_new_tokens=12,
    cloze_documents=5,
    bootstrap_draws=200,
)
CHOSEN = ("human_only", "replace_sharpened")


def test_verdicts_alarms_and_every_gated_reading_are_those_of_the_whole_probe(tmp_path: Path) -> None:
    faults = {name: replace(shipped_faults()[name], cycles=1) for name in CHOSEN}
    stock = replace(planted_stock(), size=replace(planted_language.SIZE, rows=200, anchors=80))
    whole = Instruments(plan=replace(WHOLE, wordings={"rephrased": "In other words: {prompt}"}), rules=GateRules())
    narrow = replace(whole, plan=asked_for_verdicts(whole.plan), metrics=read_for_verdicts(faults.values()), narrow=True)
    found, other = (
        drill(stock, instruments, seeds=[3], root=tmp_path / name, faults=faults).trials
        for name, instruments in (("whole", whole), ("narrow", narrow))
    )
    assert any(trial.alarms for trial in found)
    for one, two in zip(found, other, strict=True):
        assert (one.verdict, one.alarms, one.blocking, one.passing, one.planned) == (
            two.verdict,
            two.alarms,
            two.blocking,
            two.passing,
            two.planned,
        )
        assert set(gated_metrics()) == set(two.baseline) < set(one.baseline)
        assert {name: one.baseline[name] for name in two.baseline} == two.baseline
        assert {name: one.champion[name] for name in two.champion} == two.champion


def test_what_a_fault_has_to_move_is_read_too() -> None:
    assert {"fact_margin", "shape_entropy", *gated_metrics()} == set(read_for_verdicts(shipped_faults().values()))
    assert set(read_for_verdicts([])) == set(gated_metrics()) < set(shipped_metrics())
