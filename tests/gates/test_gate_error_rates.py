"""How often the shipped gate errs: probes with planted truth through metric and gate, fixed seeds."""

import math
from collections import Counter

import numpy as np
import polars as pl
import pytest

from governance.collapse.evidence import SAMPLE_SCHEMA, SCORE_SCHEMA, Evidence, Unmeasured
from governance.collapse.metric import Case
from governance.collapse.metrics.tail_perplexity import METRIC
from governance.collapse.probe import ProbePlan
from governance.collapse.report import reading_document
from governance.gates.gate import GateCase
from governance.gates.margins import GateRules
from governance.gates.planner import units_to_settle
from governance.gates.rules.tail_perplexity import GATE
from governance.provenance.corpus.shares import Counted

DOCUMENTS = 200
RUNS = 400


def upper(hits: int, runs: int) -> float:
    """Upper end of the two-sided 95 % Wilson interval."""
    return Counted(hits=hits, rows=runs).interval[1]


def verdict(seed: int, truth: float, *, documents: int = DOCUMENTS, noise_percent: float = 0.0) -> str:
    """One pair of models on the same documents: document sd 0.8, sd of the paired change 0.1 (SCIENCE section 1)."""
    rng = np.random.Generator(np.random.Philox(seed))
    retrain = rng.normal(0, noise_percent / 100) if noise_percent else 0.0
    tokens = rng.integers(150, 250, documents)
    hard = rng.normal(4.0, 0.8, documents).clip(1.5)
    apart = rng.normal(0.0, 0.1, documents)
    bits = {"baseline": hard * tokens, "candidate": (hard + apart + math.log1p(truth) + retrain) * tokens}
    frames = [
        pl.DataFrame(
            {"doc_id": [f"d{i:04d}" for i in range(documents)], "bits": nats / math.log(2), "bytes": 4 * tokens, "tokens": tokens}
        ).with_columns(model=pl.lit(model), shard=pl.lit("tail"), source_id=pl.col("doc_id"), slice=pl.lit("none"))
        for model, nats in bits.items()
    ]
    evidence = Evidence(scores=pl.concat(frames).select(SCORE_SCHEMA.names()), samples=pl.DataFrame(schema=SAMPLE_SCHEMA))
    plan = ProbePlan(bootstrap_draws=300, retrain_noise_percent=noise_percent, minimum_slice_documents=1000)
    entry = reading_document(METRIC, METRIC.measure(Case(evidence=evidence, samples=Unmeasured(reason="none"), plan=plan, seed=seed)))
    case = GateCase(metrics={METRIC.name: entry}, mix={}, lineage={}, rules=GateRules(), references=("baseline",))
    return GATE.judge(case)[0].verdict.value


def test_a_candidate_exactly_at_the_margin_is_passed_in_at_most_eight_of_a_hundred():
    runs = 1000
    verdicts = Counter(verdict(seed, 0.05) for seed in range(runs))
    assert upper(verdicts["pass"], runs) <= 0.08
    assert upper(verdicts["block"], runs) <= 0.08


def test_an_equal_candidate_is_not_blocked_and_passes_as_planned():
    verdicts = Counter(verdict(10_000 + seed, 0.0) for seed in range(RUNS))
    assert verdicts["block"] == 0
    assert verdicts["pass"] / RUNS >= 0.95


def test_retrain_noise_that_is_declared_keeps_the_promise_on_many_documents():
    verdicts = Counter(verdict(20_000 + seed, 0.05, documents=600, noise_percent=0.8) for seed in range(RUNS))
    assert upper(verdicts["pass"], RUNS) <= 0.08


def test_the_planner_is_true_to_the_simulated_power():
    needed = units_to_settle(0.1, (math.log(1.05),), 0.0, power=0.8)
    assert needed == 26
    enough = max(needed, 100)
    planned = 0.8
    smaller_margin = 0.05 - 0.0245
    at = units_to_settle(0.1, (math.log(1.05),), math.log1p(smaller_margin), power=planned)
    assert at >= enough
    passed = sum(verdict(30_000 + seed, smaller_margin, documents=at) == "pass" for seed in range(RUNS))
    assert abs(passed / RUNS - planned) <= 0.05


@pytest.mark.parametrize(
    ("sd", "margin", "low", "high"),
    [(0.8, 0.05, 2850, 2950), (0.1, 0.05, 28, 58), (0.247, 0.05, 175, 330), (0.1, 0.02, 168, 352), (0.1, 0.01, 670, 1400)],
)
def test_the_planner_gives_the_published_numbers_of_documents(sd, margin, low, high):
    assert low <= units_to_settle(sd, (math.log1p(margin),), 0.0, power=0.95) <= high


def test_noise_beyond_the_distance_is_settled_by_no_number_of_documents():
    assert units_to_settle(0.1, (0.01,), 0.0, noise=0.02) is None
    assert units_to_settle(0.1, (0.0,), 0.0) is None
    assert units_to_settle(0.1, (1e-6,), 0.0) is None
