"""Readings of samples as they were written: refusals, and the perplexity of a model on its own output."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from planted_probe import HUMAN, MODELS, PLAN, probe, samples, scores, texts

from governance.collapse.evidence import Evidence, Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Case, Kind, Metric, Reading
from governance.collapse.report import METRICS_PACKAGE, measure_evidence
from governance.collapse.samples import Samples, equal_samples
from governance.plugins import discover

METRICS = {name: metric for name, metric in discover(METRICS_PACKAGE, "METRIC").items() if metric.kind is Kind.WRITTEN}
REFUSAL = "I'm sorry, but I can't help with that."


def read(name: str, evidence: Evidence) -> Reading:
    metric: Metric = METRICS[name]
    return metric.measure(Case(evidence=evidence, samples=Unmeasured(reason="not looked at"), plan=PLAN, seed=7))


def scored(bits_per_byte: dict[str, float], said: list[str], spread: float = 0.0) -> Evidence:
    """Samples whose bits per byte under their writer are planted."""
    rng = np.random.Generator(np.random.Philox(3))
    frame = samples(dict.fromkeys(bits_per_byte, said))
    extra = rng.normal(0, spread, frame.height) if spread else np.zeros(frame.height)
    level = pl.col("model").replace_strict(bits_per_byte, return_dtype=pl.Float64) + pl.Series(extra)
    return Evidence(scores=probe().scores, samples=frame.with_columns(bits=level * pl.col("text").str.len_bytes()))


def against(reading: Reading, reference: str = "baseline") -> Comparison:
    found = reading.against[reference]
    assert isinstance(found, Comparison)
    return found


def test_own_perplexity_is_the_closed_form_of_planted_bits():
    reading = read("own_perplexity", scored({"candidate": 1.5, "champion": 2.0, "baseline": 2.0}, texts(1, 240)))
    assert reading.values == pytest.approx({"candidate": 1.5, "champion": 2.0, "baseline": 2.0})
    # four bytes a token in the planted human shard
    assert against(reading).change == pytest.approx(math.exp(math.log(2) * 4 * -0.5) - 1)
    assert against(reading).se == pytest.approx(0.004)
    assert reading.units == 60


def test_own_perplexity_of_a_model_that_trusts_itself_ever_more_falls_surely():
    reading = read("own_perplexity", scored({"candidate": 1.9, "champion": 2.0, "baseline": 2.0}, texts(1, 240), spread=0.1))
    assert against(reading).high < 0
    assert against(reading).se > 0.01


@pytest.mark.parametrize("bits", [math.nan, math.inf, None])
def test_one_sample_that_was_not_scored_makes_no_number(bits):
    whole = scored(dict.fromkeys(MODELS, 2.0), texts(1, 240))
    hit = (pl.col("model") == "candidate") & (pl.col("prompt_id") == "p0003") & (pl.col("draw") == 1)
    broken = whole.samples.with_columns(bits=pl.when(hit).then(pl.lit(bits, dtype=pl.Float64)).otherwise("bits"))
    reading = read("own_perplexity", replace(whole, samples=broken))
    assert isinstance(reading.values["candidate"], Unmeasured)
    assert "1 samples of the candidate" in reading.values["candidate"].reason
    assert reading.values["baseline"] == pytest.approx(2.0)


def test_samples_of_an_older_probe_have_no_own_perplexity_and_all_other_readings():
    document = measure_evidence(probe(), HUMAN, PLAN, 7)
    entries = {entry["name"]: entry for entry in document["metrics"]}
    assert entries["own_perplexity"]["values"]["candidate"] is None
    assert "240 samples of the candidate" in entries["own_perplexity"]["reasons"]["candidate"]
    assert entries["refusals"]["values"]["candidate"] == 0
    assert entries["distinct_2"]["values"]["candidate"] > 0


def test_a_model_that_wrote_nothing_has_no_perplexity_on_it():
    silent = scored(dict.fromkeys(MODELS, 2.0), [""] * 240)
    assert isinstance(read("own_perplexity", silent).values["candidate"], Unmeasured)


def refusing(share: float, said: list[str]) -> list[str]:
    """The first draws of every prompt become refusals, so many of them."""
    return [REFUSAL if (i % 20) < 20 * share else text for i, text in enumerate(said)]


def test_the_refusal_rate_is_counted_and_compared():
    said = texts(1, 240)
    evidence = probe(said={"candidate": refusing(0.25, said), "champion": said, "baseline": refusing(0.05, said)})
    reading = read("refusals", evidence)
    assert reading.values == {"candidate": 0.25, "champion": 0.0, "baseline": 0.05}
    assert against(reading).change == pytest.approx((60.5 / 241) / (12.5 / 241) - 1)
    assert against(reading).low > 0
    assert against(reading, "champion").change == pytest.approx(60.5 / 0.5 - 1)


def test_no_refusals_against_none_is_no_change():
    found = against(read("refusals", probe()))
    assert found.change == 0
    assert found.low < 0 < found.high


def equal(candidate: list[str], other: list[str]) -> Samples | Unmeasured:
    evidence = probe(said={"candidate": candidate, "champion": other, "baseline": other})
    return equal_samples(evidence, HUMAN, 1.0)


def test_refusals_are_taken_out_of_all_models_before_diversity_is_measured():
    said = texts(1, 240)
    found = equal(refusing(0.25, said), said)
    assert isinstance(found, Samples)
    assert found.budget_words == 180 * 20
    candidate, baseline = found.sets["candidate"], found.sets["baseline"]
    assert np.array_equal(candidate.words, baseline.words)
    assert found.prompt_count == 60 - 12
    assert "sorry" not in found.vocabulary


def test_refusals_only_are_no_samples():
    found = equal([REFUSAL] * 240, texts(1, 240))
    assert isinstance(found, Unmeasured)
    assert found.reason == "the candidate answered with refusals only"


def test_a_model_that_refuses_nearly_everything_is_not_compared_on_the_rest():
    found = equal(refusing(0.9, texts(1, 240)), texts(1, 240))
    assert isinstance(found, Unmeasured)
    assert "the candidate writes least" in found.reason


def test_fewer_than_six_prompts_that_all_models_answered_make_no_interval():
    said = texts(1, 240)
    found = equal(
        [text if i < 20 else REFUSAL for i, text in enumerate(said)], [text if i < 20 else REFUSAL for i, text in enumerate(said)]
    )
    assert isinstance(found, Unmeasured)
    assert "5 prompts were answered by every model" in found.reason


def test_a_pattern_of_ones_own_is_a_refusal_too():
    plan = replace(PLAN, refusal_patterns=(r"no comment",))
    evidence = probe(said=dict.fromkeys(MODELS, ["No comment on this."] * 24 + texts(1, 216)))
    reading = METRICS["refusals"].measure(Case(evidence=evidence, samples=Unmeasured(reason="-"), plan=plan, seed=7))
    assert reading.values["candidate"] == 0.1
    assert read("refusals", evidence).values["candidate"] == 0


def test_documents_that_cannot_be_read_leave_own_perplexity_without_a_unit():
    whole = scored(dict.fromkeys(MODELS, 2.0), texts(1, 240))
    reading = read("own_perplexity", replace(whole, scores=scores(dict.fromkeys(MODELS, 0.0), shards=("tail",))))
    assert isinstance(reading.against["baseline"], Unmeasured)
