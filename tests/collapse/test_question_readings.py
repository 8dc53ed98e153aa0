"""Readings of questions that are answered by likelihood, and of rare words: planted truth in, planted truth out."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from planted_probe import HUMAN, MODELS, PLAN, probe

from governance.collapse.evidence import CHOICE_SCHEMA, Evidence, Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Case, Kind, Metric, Reading
from governance.collapse.report import METRICS_PACKAGE, measure_evidence
from governance.plugins import discover

METRICS = {name: metric for name, metric in discover(METRICS_PACKAGE, "METRIC").items() if metric.kind is Kind.QUESTIONS}
TASK_OF = {"entity_cloze": "cloze", "entity_margin": "cloze", "fact_margin": "sentinels", "hallucination": "sentinels"}
CHOICES = pytest.mark.parametrize("name", TASK_OF)


def choices(margins: dict[str, list[float]], task: str, *, falsehoods: int = 2, sources: int = 0) -> pl.DataFrame:
    """choices.parquet where every truth costs 40 bits and the likeliest falsehood so many more, the others a bit more each."""
    rows = [
        (model, task, f"q{i:03d}", f"s{i % sources:03d}" if sources else f"q{i:03d}", "none", c, 40.0 + (margin + c - 1 if c else 0))
        for model, found in margins.items()
        for i, margin in enumerate(found)
        for c in range(falsehoods + 1)
    ]
    return pl.DataFrame(rows, schema=CHOICE_SCHEMA, orient="row")


def rare(hits: dict[str, list[int]], asked: int = 5) -> pl.DataFrame:
    """scores.parquet of tail documents in which each model hit so many of five rare words."""
    frame = probe().scores.filter(shard="tail")
    return pl.concat(
        frame.filter(model=model).with_columns(rare=pl.lit(asked, dtype=pl.Int64), rare_hits=pl.Series(found, dtype=pl.Int64))
        for model, found in hits.items()
    )


def read(name: str, evidence: Evidence) -> Reading:
    metric: Metric = METRICS[name]
    return metric.measure(Case(evidence=evidence, samples=Unmeasured(reason="not looked at"), plan=PLAN, seed=7))


def asked(name: str, margins: dict[str, list[float]], **planted: int) -> Reading:
    return read(name, Evidence(probe().scores, probe().samples, choices(margins, TASK_OF[name], **planted)))


def against(reading: Reading, reference: str = "baseline") -> Comparison:
    found = reading.against[reference]
    assert isinstance(found, Comparison)
    return found


def test_every_metric_of_questions_is_held_here():
    assert set(METRICS) == {*TASK_OF, "rare_accuracy"}


@CHOICES
def test_equal_answers_are_no_change(name):
    reading = asked(name, dict.fromkeys(MODELS, [3.0, -2.0, 0.5] * 20))
    assert against(reading).change == 0
    assert against(reading).se == pytest.approx(0.004)
    assert reading.units == 60


@pytest.mark.parametrize(("name", "share"), [("entity_cloze", 2 / 3), ("hallucination", 1 / 3)])
def test_a_share_is_counted_by_the_likeliest_falsehood(name, share):
    reading = asked(name, dict.fromkeys(MODELS, [3.0, -2.0, 0.5] * 20), falsehoods=4)
    assert reading.values["candidate"] == pytest.approx(share)


@pytest.mark.parametrize("name", ["entity_cloze", "hallucination"])
def test_a_tie_is_neither_right_nor_a_falsehood(name):
    assert asked(name, dict.fromkeys(MODELS, [0.0] * 60)).values["candidate"] == 0


def test_the_change_of_a_share_is_that_of_its_smoothed_counts():
    reading = asked("hallucination", {"candidate": [-1.0] * 30 + [1.0] * 30, "champion": [1.0] * 60, "baseline": [-1.0] * 6 + [1.0] * 54})
    assert against(reading).change == pytest.approx(30.5 / 6.5 - 1)
    assert against(reading).low > 0
    assert against(reading, "champion").change == pytest.approx(30.5 / 0.5 - 1)


@pytest.mark.parametrize("name", ["entity_margin", "fact_margin"])
def test_the_change_of_a_margin_is_one_of_the_odds(name):
    reading = asked(name, {"candidate": [1.0] * 60, "champion": [3.0] * 60, "baseline": [3.0] * 60})
    assert reading.values["candidate"] == pytest.approx(1.0)
    assert against(reading).change == pytest.approx(2.0**-2 - 1)
    assert against(reading).high < 0


def test_the_error_of_a_margin_is_that_of_paired_means():
    rng = np.random.Generator(np.random.Philox(5))
    level, drift = rng.normal(0, 8, 60), rng.normal(-0.5, 1, 60)
    reading = asked("fact_margin", {"candidate": list(level + drift), "champion": list(level), "baseline": list(level)})
    assert against(reading).se == pytest.approx(math.hypot(0.004, math.log(2) * drift.std(ddof=1) / math.sqrt(60)))


@CHOICES
def test_questions_of_one_source_count_once(name):
    reading = asked(name, dict.fromkeys(MODELS, [3.0, -2.0, 0.5] * 20), sources=12)
    assert reading.units == against(reading).n == 12


@CHOICES
def test_five_sources_make_no_interval(name):
    assert isinstance(asked(name, dict.fromkeys(MODELS, [3.0, -2.0] * 10), sources=5).against["baseline"], Unmeasured)


@CHOICES
@pytest.mark.parametrize("bits", [math.nan, math.inf, 0.0, -1.0, None])
def test_one_choice_without_a_reading_makes_no_number(name, bits):
    whole = choices(dict.fromkeys(MODELS, [3.0] * 60), TASK_OF[name])
    hit = (pl.col("model") == "candidate") & (pl.col("question_id") == "q007") & (pl.col("choice") == 1)
    broken = whole.with_columns(bits=pl.when(hit).then(pl.lit(bits, dtype=pl.Float64)).otherwise("bits"))
    reading = read(name, Evidence(probe().scores, probe().samples, broken))
    assert isinstance(reading.values["candidate"], Unmeasured)
    assert "q007" in reading.values["candidate"].reason
    assert isinstance(reading.against["baseline"], Unmeasured)


@CHOICES
@pytest.mark.parametrize("fault", ["no truth", "no falsehood", "a choice twice", "a question missing"])
def test_questions_that_are_not_whole_or_not_the_same_are_not_compared(name, fault):
    whole = choices(dict.fromkeys(MODELS, [3.0] * 60), TASK_OF[name])
    of_one = (pl.col("model") == "candidate") & (pl.col("question_id") == "q007")
    broken = {
        "no truth": whole.filter(~(of_one & (pl.col("choice") == 0))),
        "no falsehood": whole.filter(~(of_one & (pl.col("choice") > 0))),
        "a choice twice": pl.concat([whole, whole.filter(of_one & (pl.col("choice") == 0))]),
        "a question missing": whole.filter(~of_one),
    }[fault]
    found = read(name, Evidence(probe().scores, probe().samples, broken)).against["baseline"]
    assert isinstance(found, Unmeasured)
    assert "q007" in found.reason


@pytest.mark.parametrize("name", METRICS)
def test_a_probe_that_asked_nothing_gives_reasons_and_no_numbers(name):
    reading = read(name, probe())
    assert all(isinstance(value, Unmeasured) for value in (*reading.values.values(), *reading.against.values()))
    assert reading.units == 0


def test_rare_words_are_counted_and_compared():
    planted = {"candidate": [1] * 120, "champion": [2] * 120, "baseline": [2] * 120}
    reading = read("rare_accuracy", Evidence(rare(planted), probe().samples))
    assert reading.values == pytest.approx({"candidate": 0.2, "champion": 0.4, "baseline": 0.4})
    assert against(reading).change == pytest.approx(120.5 / 240.5 - 1)
    assert against(reading).high < 0


def test_a_model_that_was_asked_about_other_words_is_not_compared():
    frame = rare(dict.fromkeys(MODELS, [1] * 120))
    other = frame.with_columns(rare=pl.when(pl.col("model") == "candidate").then(4).otherwise("rare"))
    assert isinstance(read("rare_accuracy", Evidence(other, probe().samples)).against["baseline"], Unmeasured)


@pytest.mark.parametrize("hits", [-1, 6, None])
def test_a_count_that_cannot_be_makes_no_number(hits):
    planted = {"candidate": [1] * 3 + [hits] + [1] * 116, "champion": [1] * 120, "baseline": [1] * 120}
    reading = read("rare_accuracy", Evidence(rare(planted), probe().samples))
    assert isinstance(reading.values["candidate"], Unmeasured)
    assert "tail0003" in reading.values["candidate"].reason


@pytest.mark.parametrize("name", ["entity_cloze", "entity_margin", "rare_accuracy"])
def test_questions_of_a_shard_that_is_not_the_pinned_one_are_not_read(name):
    whole = Evidence(rare(dict.fromkeys(MODELS, [1] * 120)), probe().samples, choices(dict.fromkeys(MODELS, [3.0] * 60), "cloze"))
    reading = read(name, replace(whole, faults={"tail": "it moved"}))
    assert all(isinstance(value, Unmeasured) and value.reason == "the tail shard: it moved" for value in reading.values.values())
    assert not isinstance(read(name, whole).values["candidate"], Unmeasured)


def test_readings_of_questions_are_in_the_report_and_have_no_other_temperature():
    whole = pl.concat([choices(dict.fromkeys(MODELS, [3.0, -2.0, 0.5] * 20), task) for task in ("cloze", "sentinels")])
    document = measure_evidence(Evidence(rare(dict.fromkeys(MODELS, [1] * 120)), probe().samples, whole), HUMAN, PLAN, 7)
    entries = {entry["name"]: entry for entry in document["metrics"] if entry["kind"] == "questions"}
    assert set(entries) == set(METRICS)
    assert all(entry["values"]["candidate"] > 0 and "other_temperatures" not in entry for entry in entries.values())
