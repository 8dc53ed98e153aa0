"""The planner: each gate alone in closed form, and all gates together against probes that go through metrics and gates."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collapse.evidence import SAMPLE_SCHEMA, SCORE_SCHEMA, Evidence
from governance.collapse.metric import Case
from governance.collapse.probe import ProbePlan
from governance.collapse.report import METRICS_PACKAGE, reading_document
from governance.collapse.samples import equal_samples
from governance.gates.decision import shipped_gates
from governance.gates.gate import GateCase, Verdict
from governance.gates.margins import GateRules, Margin
from governance.gates.planner import CONFIDENCE, MOST_DOCUMENTS, pass_chance, units_to_settle
from governance.gates.power import PlannedGate, cost_of, joint_chance, planned_gates, resized
from governance.plugins import discover

GATED = ("tail_perplexity", "human_perplexity", "distinct_2", "distinct_3", "ngram_entropy")
LOOSE = PlannedGate(
    metric="tail_perplexity",
    title="tail perplexity",
    against="baseline",
    limit=0.05,
    two_sided=False,
    unit="documents",
    minimum_units=100,
    n=400,
    sd=0.2,
    noise=0.0,
    assumed=False,
)
SMALL = {"min_value": 0.02, "max_value": 0.3}


@given(st.floats(**SMALL), st.floats(0.005, 0.1), st.sampled_from([0.5, 0.8, 0.95]), st.sampled_from([0.0, 0.002]))
def test_with_one_edge_the_search_is_the_formula(sd, distance, power, noise):
    normal = NormalDist()
    room = (distance / (normal.inv_cdf(CONFIDENCE) + normal.inv_cdf(power))) ** 2 - noise**2
    needed = math.ceil(sd**2 / room) if room > 0 else MOST_DOCUMENTS + 1
    searched = units_to_settle(sd, (distance,), 0.0, noise=noise, power=power)
    if needed > MOST_DOCUMENTS:
        assert searched is None
    else:
        assert searched is not None
        assert abs(searched - needed) <= 1


@given(st.floats(**SMALL), st.floats(0.005, 0.1))
def test_a_truth_beyond_the_edge_takes_what_one_as_far_inside_takes(sd, distance):
    inside, beyond = units_to_settle(sd, (0.2,), 0.2 - distance), units_to_settle(sd, (0.2,), 0.2 + distance)
    assert abs(inside - beyond) <= 1


@given(st.floats(**SMALL), st.floats(0.02, 0.1), st.floats(-0.9, 0.9))
def test_two_edges_take_no_fewer_than_one(sd, limit, place):
    truth = place * limit
    both = units_to_settle(sd, (limit, -limit), truth)
    assert both >= max(units_to_settle(sd, (limit,), truth), units_to_settle(sd, (limit,), -truth))
    assert pass_chance(sd, (limit, -limit), truth, n=both) >= 0.8
    assert both == 1 or pass_chance(sd, (limit, -limit), truth, n=both - 1) < 0.8


def test_a_truth_at_the_edge_is_settled_by_no_number():
    assert units_to_settle(0.1, (0.05,), 0.05) is None
    assert units_to_settle(0.1, (0.05,), 0.0, noise=0.05) is None


def test_one_gate_alone_passes_jointly_as_it_does_alone():
    for change in (0.0, 0.02, 0.05):
        assert joint_chance([LOOSE], {"tail_perplexity": change}) == pytest.approx(LOOSE.chance(change), abs=0.01)


def test_a_candidate_at_the_limit_passes_in_five_of_a_hundred():
    assert joint_chance([LOOSE], {"tail_perplexity": 0.05}) == pytest.approx(0.05, abs=0.005)


def test_joint_power_lies_between_the_product_and_the_least_and_the_cost_is_the_difference():
    gates = [LOOSE, replace(LOOSE, against="champion"), replace(LOOSE, metric="human_perplexity", sd=0.3, noise=0.004)]
    alone = [gate.chance(0.0) for gate in gates]
    joint = joint_chance(gates)
    assert math.prod(alone) - 0.01 <= joint <= min(alone) + 0.01
    assert cost_of(gates, "human_perplexity") == pytest.approx(joint_chance(gates[:2]) - joint, abs=0.02)
    assert joint_chance(resized(gates, {"documents": 2000})) > joint
    assert joint_chance(resized(gates, {"documents": 99})) == 0.0


def test_no_gates_pass_nothing():
    assert joint_chance([]) == 0.0


def test_before_any_evidence_scatter_is_assumed_for_baseline_and_champion():
    found = planned_gates(shipped_gates(), GateRules(), {}, {"documents": 500, "prompts": 375}, 0.004)
    assert {(gate.metric, gate.against) for gate in found} == {(m, r) for m in GATED for r in ("baseline", "champion")}
    assert all(gate.assumed for gate in found)
    assert {gate.limit for gate in found if gate.metric == "tail_perplexity"} == {0.05, 0.03}
    assert {gate.n for gate in found} == {500, 375}


class Shop:
    """Three models of one truth: documents scatter per model, retrains differ, texts are of one Zipf law."""

    DOCUMENTS, PROMPTS, DRAWS, LENGTH = 160, 120, 2, 20
    MODELS = ("candidate", "champion", "baseline")
    STEEPER = 0.004 / math.sqrt(2) / 1.36
    """Sd of a model's exponent: distinct-2 falls 1.36 % for each hundredth of it, so two models differ by 0.4 % in it."""
    PLAN = ProbePlan(temperatures=(1.0,), bootstrap_draws=200, retrain_noise_percent=0.4, minimum_slice_documents=1000)
    RULES = GateRules(
        margins={
            "tail_perplexity": Margin(margin_percent=4.0, champion_step_percent=2.5),
            "human_perplexity": Margin(margin_percent=3.0, champion_step_percent=2.5),
            "distinct_2": Margin(margin_percent=5.0, champion_step_percent=5.0),
            "distinct_3": Margin(margin_percent=3.0, champion_step_percent=3.0),
            "ngram_entropy": Margin(margin_percent=3.0, champion_step_percent=3.0),
        }
    )

    def __init__(self):
        self.metrics = {name: metric for name, metric in discover(METRICS_PACKAGE, "METRIC").items() if name in GATED}
        self.gates = {name: gate for name, gate in shipped_gates().items() if name in GATED}

    def measured(self, seed):
        """Entries of measures.json of one probe."""
        rng = np.random.Generator(np.random.Philox(seed))
        evidence = Evidence(scores=self._scores(rng), samples=self._samples(rng))
        case = Case(evidence=evidence, samples=equal_samples(evidence, [], 1.0), plan=self.PLAN, seed=seed)
        return {name: reading_document(metric, metric.measure(case)) for name, metric in self.metrics.items()}

    def passes(self, entries):
        case = GateCase(metrics=entries, mix={}, lineage={}, rules=self.RULES, references=("baseline", "champion"))
        return all(result.verdict is Verdict.PASS for gate in self.gates.values() for result in gate.judge(case))

    def _scores(self, rng):
        frames, retrain = [], {model: rng.normal(0, 0.004 / math.sqrt(2)) for model in self.MODELS}
        for shard in ("tail", "human"):
            tokens, hard = rng.integers(150, 250, self.DOCUMENTS), rng.normal(4.0, 0.8, self.DOCUMENTS).clip(1.5)
            names = [f"{shard}{i:04d}" for i in range(self.DOCUMENTS)]
            for model in self.MODELS:
                bits = (hard + rng.normal(retrain[model], 0.1 / math.sqrt(2), self.DOCUMENTS)) * tokens / math.log(2)
                frame = pl.DataFrame({"doc_id": names, "source_id": names, "bits": bits, "bytes": 4 * tokens, "tokens": tokens})
                frames.append(frame.with_columns(model=pl.lit(model), shard=pl.lit(shard), slice=pl.lit("none")))
        return pl.concat(frames).select(SCORE_SCHEMA.names())

    def _samples(self, rng):
        count = self.PROMPTS * self.DRAWS
        frames = []
        for model in self.MODELS:
            chances = 1 / np.arange(1, 3001) ** (1 + rng.normal(0, self.STEEPER))
            drawn = rng.choice(3000, size=(count, self.LENGTH), p=chances / chances.sum())
            frames.append(
                pl.DataFrame(
                    {
                        "prompt_id": [f"p{i // self.DRAWS:04d}" for i in range(count)],
                        "draw": [i % self.DRAWS for i in range(count)],
                        "text": [" ".join(f"w{word}" for word in row) for row in drawn],
                    }
                ).with_columns(model=pl.lit(model), slice=pl.lit("none"), temperature=pl.lit(1.0))
            )
        return pl.concat(frames).select(SAMPLE_SCHEMA.names())


@pytest.mark.slow
def test_the_predicted_joint_power_of_all_gates_is_the_simulated_one_to_five_points():
    runs, shop = 400, Shop()
    plans, passed = [], 0
    for seed in range(runs):
        entries = shop.measured(seed)
        passed += shop.passes(entries)
        if seed < 20:
            plans.append(joint_chance(planned_gates(shop.gates, shop.RULES, entries, {}, 0.004)))
    assert 0.2 < passed / runs < 0.95
    assert abs(float(np.mean(plans)) - passed / runs) <= 0.05
    assert max(abs(plan - passed / runs) for plan in plans) <= 0.15
