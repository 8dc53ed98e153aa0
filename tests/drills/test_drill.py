"""The drill tells good from collapsed, and notices when a metric or a gate no longer does what it says."""

from dataclasses import replace
from pathlib import Path

import blunted
import planted_language
import pytest
from drill_bench import SEED, Bench, gated_metrics, planted_stock

from governance.collapse.report import shipped_metrics
from governance.drills.at_margin import margin_promises
from governance.drills.fault import DOCUMENT_GATES, SAMPLE_GATES
from governance.drills.run import Drilled, counted, drill, seeds_of, shipped_faults
from governance.drills.table import Promise
from governance.drills.trial import Instruments
from governance.errors import UsageError
from governance.gates.decision import shipped_gates
from governance.gates.gate import Verdict
from governance.gates.margins import DEFAULT_GATES, GateRules
from governance.provenance.corpus.shares import Counted

BLUNT_GATES = [(name, how) for name in DEFAULT_GATES for how in (blunted.GATES if shipped_gates()[name].margin else blunted.COUNTING)]
BLUNT_METRICS = [(name, how) for name in DEFAULT_GATES if name in shipped_metrics() for how in blunted.METRICS]


def names(drilled: Drilled) -> list[str]:
    return [f"{promise.fault}: {promise.what}" for promise in drilled.broken]


def test_the_shipped_gate_keeps_every_promise_of_the_small_drill(bench: Bench) -> None:
    drilled = bench.drilled(bench.instruments(), DOCUMENT_GATES)
    assert names(drilled) == []
    assert len(drilled.promises) > 20
    verdicts = {trial.fault: trial.verdict for trial in drilled.trials}
    assert verdicts == {
        "human_only": Verdict.PASS,
        "few_documents": Verdict.INCONCLUSIVE,
        "over_cap": Verdict.BLOCK,
        "replace_honest": Verdict.BLOCK,
        "replace_sharpened": Verdict.BLOCK,
    }


def test_collapse_at_temperature_1_is_caught_at_once_by_perplexity_where_diversity_is_blind(bench: Bench) -> None:
    trial = bench.trial("replace_honest", bench.instruments())
    assert trial.cycle == 1
    assert set(trial.blocking) == set(DOCUMENT_GATES)
    for name in SAMPLE_GATES:
        margin = shipped_gates()[name].margin.margin_percent / 100
        assert abs(trial.baseline[name].change) < margin


def test_metrics_that_no_gate_reads_move_no_verdict(bench: Bench) -> None:
    every = bench.instruments(metrics=shipped_metrics())
    for name in ("human_only", "replace_sharpened"):
        one, other = bench.trial(name, every), bench.trial(name, bench.instruments())
        assert (one.verdict, one.blocking, one.alarms) == (other.verdict, other.blocking, other.alarms)


def broken_by_a_metric(bench: Bench, name: str, how: str) -> list[str]:
    made = blunted.METRICS[how](shipped_metrics()[name], shipped_gates()[name].margin)
    instruments = bench.instruments(metrics={**gated_metrics(), name: made})
    return names(bench.drilled(instruments)) or names(bench.drilled(instruments, [name]))


def broken_by_a_gate(bench: Bench, name: str, how: str) -> list[str]:
    made = blunted.GATES[how](shipped_gates()[name])
    instruments = bench.instruments(gates={**shipped_gates(), name: made})
    return names(bench.drilled(instruments)) or names(bench.drilled(instruments, [name]))


@pytest.mark.parametrize(
    ("name", "how"), [("tail_perplexity", "constant"), ("distinct_2", "negated"), ("human_perplexity", "shifted_down")]
)
def test_a_drill_notices_a_wrong_metric(bench: Bench, name: str, how: str) -> None:
    assert broken_by_a_metric(bench, name, how)


@pytest.mark.parametrize(
    ("name", "how"), [("tail_perplexity", "ignores_bounds"), ("distinct_3", "margin_times_ten"), ("synthetic_share", "always_passes")]
)
def test_a_drill_notices_a_blunt_gate(bench: Bench, name: str, how: str) -> None:
    assert broken_by_a_gate(bench, name, how)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "how"), BLUNT_METRICS)
def test_a_drill_notices_every_wrong_metric_that_a_gate_reads(bench: Bench, name: str, how: str) -> None:
    assert broken_by_a_metric(bench, name, how)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "how"), BLUNT_GATES)
def test_a_drill_notices_every_blunt_gate(bench: Bench, name: str, how: str) -> None:
    assert broken_by_a_gate(bench, name, how)


def test_a_promise_is_broken_only_where_the_evidence_says_so() -> None:
    def promise(hits: int, rows: int, bound: float, *, at_least: bool) -> Promise:
        return Promise(fault="f", what="w", counted=Counted(hits=hits, rows=rows), bound=bound, at_least=at_least)

    assert promise(0, 1, 0.8, at_least=True).broken
    assert not promise(1, 1, 0.8, at_least=True).broken
    assert not promise(1, 1, 0.8, at_least=True).shown
    assert promise(400, 400, 0.95, at_least=True).shown
    assert not promise(20, 400, 0.08, at_least=False).broken
    assert promise(20, 400, 0.08, at_least=False).shown
    assert promise(200, 400, 0.08, at_least=False).broken


def test_a_fault_that_nothing_can_see_is_not_bred_and_says_what_is_missing(tmp_path: Path) -> None:
    fault = replace(shipped_faults()["human_only"], name="unseen", needs=("no_such_metric",))
    stock = planted_stock()
    instruments = Instruments(plan=planted_language.PLAN, rules=GateRules())
    drilled = drill(stock, instruments, seeds=[1], root=tmp_path, faults={"unseen": fault})
    assert (drilled.trials, drilled.promises) == ((), ())
    assert drilled.lines[0].missing == ("no_such_metric",)
    assert drilled.document(stock, instruments)["faults"][0]["missing"] == ["no_such_metric"]


def test_a_fault_whose_metric_exists_and_read_nothing_is_not_judged(bench: Bench) -> None:
    instruments = bench.instruments()
    faults = {"human_only": replace(bench.faults["human_only"], needs=("tail_perplexity", "fact_margin"))}
    drilled = counted(faults, [bench.trial("human_only", instruments)], [SEED], instruments)
    assert drilled.lines[0].missing == ("fact_margin",)
    assert drilled.promises == ()


def test_seeds_of_two_purposes_share_nothing() -> None:
    assert seeds_of(7, 5, "choose") == seeds_of(7, 9, "choose")[:5]
    assert not set(seeds_of(7, 50, "choose")) & set(seeds_of(7, 50, "prove"))


def test_too_little_text_is_refused_with_its_size() -> None:
    shelf = planted_language.shelf()
    with pytest.raises(UsageError, match="12 rows of fresh human text are too little"):
        replace(shelf, pool=shelf.pool.head(12))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ngram_entropy"])  # distinct-2 and distinct-3 take minutes each: docs/drill.md has what they read
def test_of_four_hundred_candidates_at_the_margin_of_samples_at_most_eight_in_a_hundred_pass(bench: Bench, name: str) -> None:
    probed = {one.fault: one for one in bench.probed}
    asked = replace(bench.instruments(), rules=GateRules(enabled=(name,)))
    (promise,) = margin_promises(probed["human_only"], probed["replace_sharpened"], asked, 400, tried=60)
    assert promise.counted.rows == 400
    assert promise.shown


@pytest.mark.slow
def test_a_whole_drill_catches_every_course_blocks_nothing_sound_and_leaves_no_models(tmp_path: Path) -> None:
    stock = planted_stock()
    drilled = drill(
        stock, Instruments(plan=planted_language.PLAN, rules=GateRules()), seeds=seeds_of(7, 2, "prove"), root=tmp_path, pairs=60
    )
    sound = [line for line in drilled.lines if line.fault.good]
    assert [line.blocked.hits for line in sound] == [0, 0]
    caught = {line.fault.name: line.caught for line in drilled.lines if not line.fault.good and not line.missing}
    assert all(found.hits == found.rows == 2 for found in caught.values()), caught
    assert set(names(drilled)) <= {"human_only: pass", "governed_mix: pass"}  # 480 short samples: sound, and too seldom sure of it
    assert list(tmp_path.iterdir()) == []
