"""Laws that every metric obeys, whichever there are."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_probe import HUMAN, MODELS, PLAN, SLICES, probe, samples, scores, texts

from governance.collapse.evidence import Evidence, Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Case, Kind, Metric, Reading
from governance.collapse.report import METRICS_PACKAGE
from governance.collapse.samples import equal_samples
from governance.plugins import discover

COMPARED = (Kind.PAIRED_DOCUMENTS, Kind.SAMPLED_SET, Kind.DISTRIBUTION)
METRICS = {name: metric for name, metric in discover(METRICS_PACKAGE, "METRIC").items() if metric.kind in COMPARED}
"""Readings of whole documents and of samples at equal budgets; test_written_readings.py and test_question_readings.py hold the others."""
EVERY = pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
SAMPLED = pytest.mark.parametrize("metric", [m for m in METRICS.values() if m.kind.of_samples], ids=lambda m: m.name)
PAIRED = pytest.mark.parametrize("metric", [m for m in METRICS.values() if m.kind is Kind.PAIRED_DOCUMENTS], ids=lambda m: m.name)

COLLAPSE_MOVES = {
    "tail_perplexity": +1,
    "human_perplexity": +1,
    "training_perplexity": +1,
    "distinct_1": -1,
    "distinct_2": -1,
    "distinct_3": -1,
    "type_token_ratio": -1,
    "ngram_entropy": -1,
    "self_bleu": +1,
    "embedding_spread": -1,
    "template_openings": +1,
    "word_divergence": +1,
    "rare_words": -1,
    "self_rouge": +1,
    "kl_divergence": +1,
    "stability_index": +1,
    "coverage_at_k": -1,
    "transition_phrases": +1,
    "list_scaffolds": +1,
    "vendi_score": -1,
    "frechet_distance": +1,
    "embedding_precision": +1,
    "embedding_recall": -1,
    "topic_breadth": -1,
}


WITHOUT_INTERVAL = {"coverage_at_k", "embedding_recall", "kl_divergence", "vendi_score"}
COMPARED = pytest.mark.parametrize("metric", [m for m in METRICS.values() if m.name not in WITHOUT_INTERVAL], ids=lambda m: m.name)
FAR, NEAR = {"vocabulary": 400}, {"vocabulary": 4000}
STEEPNESS = {False: (FAR, 1.2, 1.8), True: (NEAR, 1.0, 1.3)}
"""Metrics of nearness to human text need a baseline that is near it: the second plant."""


def read(metric: Metric, evidence: Evidence, seed: int = 7) -> Reading:
    return metric.measure(Case(evidence=evidence, samples=equal_samples(evidence, HUMAN, 1.0, SLICES), plan=PLAN, seed=seed))


def test_no_gate_reads_a_metric_that_has_no_interval():
    assert set(METRICS) >= WITHOUT_INTERVAL
    assert WITHOUT_INTERVAL.isdisjoint(gate.metric for gate in discover("governance.gates.rules", "GATE").values())


def test_every_metric_says_where_collapse_moves_it():
    assert set(COLLAPSE_MOVES) == set(METRICS)


@COMPARED
def test_equal_models_differ_by_nothing(metric):
    for found in read(metric, probe()).against.values():
        assert isinstance(found, Comparison)
        assert found.change == 0
        assert found.low < 0 < found.high
        assert found.se == pytest.approx(0.004)


@EVERY
def test_a_planted_collapse_moves_the_metric_the_right_way(metric):
    words, wide, narrow = STEEPNESS[metric.name in ("embedding_precision", "embedding_recall")]
    said = {"candidate": texts(2, 240, **words, steepness=narrow)}
    said |= {name: texts(number, 240, **words, steepness=wide) for number, name in enumerate(MODELS) if name != "candidate"}
    evidence = probe({"candidate": 0.2, "champion": 0.0, "baseline": 0.0}, said)
    reading = read(metric, evidence)
    against = reading.against["baseline"]
    if metric.name in WITHOUT_INTERVAL:
        assert isinstance(against, Unmeasured)
        assert "never gated" in against.reason
        assert COLLAPSE_MOVES[metric.name] * (reading.values["candidate"] - reading.values["baseline"]) > 0.1
        return
    assert isinstance(against, Comparison)
    assert (against.low if COLLAPSE_MOVES[metric.name] > 0 else -against.high) > 0


@EVERY
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(metric, seed):
    said = {model: texts(number, 48) for number, model in enumerate(MODELS)}
    evidence = Evidence(scores=scores({"candidate": 0.1, "champion": 0.0, "baseline": 0.0}, documents=40), samples=samples(said))
    shuffled = Evidence(
        scores=evidence.scores.sample(fraction=1, shuffle=True, seed=seed),
        samples=evidence.samples.sample(fraction=1, shuffle=True, seed=seed),
    )
    assert read(metric, shuffled) == read(metric, evidence)


@EVERY
def test_nothing_measured_gives_reasons_and_no_numbers(metric):
    empty = probe()
    reading = read(metric, Evidence(scores=empty.scores.clear(), samples=empty.samples.clear()))
    assert all(isinstance(value, Unmeasured) for value in (*reading.values.values(), *reading.against.values()))
    assert reading.units == 0


@PAIRED
@pytest.mark.parametrize("sentinel", [math.nan, math.inf, -math.inf, -1.0, 0.0, None])
@pytest.mark.parametrize("model", MODELS)
def test_one_score_that_is_no_reading_makes_no_number(metric, sentinel, model):
    whole = probe()
    hit = (pl.col("model") == model) & pl.col("doc_id").str.ends_with("0003")
    broken = whole.scores.with_columns(bits=pl.when(hit).then(pl.lit(sentinel, dtype=pl.Float64)).otherwise(pl.col("bits")))
    reading = read(metric, replace(whole, scores=broken))
    assert isinstance(reading.values[model], Unmeasured)
    spoilt = ("baseline", "champion") if model == "candidate" else (model,)
    for reference in spoilt:
        found = reading.against[reference]
        assert isinstance(found, Unmeasured)
        assert "0003" in found.reason


@PAIRED
@pytest.mark.parametrize("fault", ["one document missing", "other bytes", "scored twice"])
def test_documents_that_are_not_the_same_are_not_compared(metric, fault):
    whole = probe().scores
    hit = (pl.col("model") == "candidate") & pl.col("doc_id").str.ends_with("0003")
    broken = {
        "one document missing": whole.filter(~hit),
        "other bytes": whole.with_columns(bytes=pl.col("bytes") + hit.cast(pl.Int64)),
        "scored twice": pl.concat([whole, whole.filter(hit)]),
    }[fault]
    found = read(metric, Evidence(scores=broken, samples=probe().samples)).against["baseline"]
    assert isinstance(found, Unmeasured)
    assert "0003" in found.reason


@SAMPLED
@pytest.mark.parametrize("said", ["", "   ", "... !!! ??"])
def test_a_candidate_that_says_nothing_has_no_reading(metric, said):
    wrote = dict.fromkeys(MODELS, texts(1, 240)) | {"candidate": [said] * 240}
    found = read(metric, probe(said=wrote)).against["baseline"]
    assert isinstance(found, Unmeasured)
    assert "candidate wrote no words" in found.reason


@SAMPLED
def test_prompts_of_different_runs_are_not_compared(metric):
    whole = probe().samples
    other = whole.with_columns(prompt_id=pl.when(pl.col("model") == "candidate").then("x" + pl.col("prompt_id")).otherwise("prompt_id"))
    found = read(metric, Evidence(scores=probe().scores, samples=other)).against["baseline"]
    assert isinstance(found, Unmeasured)


@SAMPLED
def test_longer_samples_do_not_pose_as_another_diversity(metric):
    baseline = texts(1, 240, length=20)
    longer = [f"{text} {more}" for text, more in zip(baseline, texts(2, 240, length=30), strict=True)]
    reading = read(metric, probe(said={"candidate": longer, "champion": baseline, "baseline": baseline}))
    assert reading.values["candidate"] == reading.values["baseline"] > 0


@PAIRED
def test_a_change_of_tokenizer_changes_no_reading(metric):
    evidence = probe({"candidate": 0.05, "champion": 0.0, "baseline": 0.0})
    finer = evidence.scores.with_columns(tokens=pl.when(pl.col("model") == "candidate").then(pl.col("tokens") * 2).otherwise("tokens"))
    assert read(metric, replace(evidence, scores=finer)).against == read(metric, evidence).against


@PAIRED
def test_the_change_is_one_of_perplexity_per_reference_token(metric):
    reading = read(metric, probe({"candidate": math.log(1.07), "champion": 0.0, "baseline": 0.0}))
    found = reading.against["baseline"]
    assert isinstance(found, Comparison)
    assert found.change == pytest.approx(0.07, abs=1e-9)
    assert found.n == reading.units == 120


@PAIRED
def test_rows_cut_from_one_source_count_once(metric):
    cut = probe().scores.with_columns(source_id=pl.col("doc_id").str.slice(0, pl.col("doc_id").str.len_chars() - 1))
    found = read(metric, replace(probe(), scores=cut)).against["baseline"]
    assert isinstance(found, Comparison)
    assert found.n == 12


@PAIRED
def test_a_slice_with_few_documents_is_too_small_to_judge(metric):
    few = scores(dict.fromkeys(MODELS, 0.0), documents=70)
    slices = read(metric, Evidence(scores=few, samples=probe().samples)).slices
    assert all(isinstance(found, Unmeasured) and "too small to judge" in found.reason for found in slices.values())
    assert set(slices) == {"s0", "s1", "s2", "s3"}


@COMPARED
def test_the_seed_moves_the_interval_of_documents_and_never_the_change(metric):
    evidence = Evidence(scores=scores({"candidate": 0.02, "champion": 0.0, "baseline": 0.0}), samples=probe().samples)
    one, other = (read(metric, evidence, seed).against["baseline"] for seed in (1, 2))
    assert isinstance(one, Comparison)
    assert isinstance(other, Comparison)
    assert one.change == other.change
    assert np.isclose(one.se, other.se, rtol=0.25)
