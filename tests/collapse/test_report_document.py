"""measures.json: what other rooms read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from planted_probe import HUMAN, MODELS, PLAN, SLICES, lay_out, probe, samples, scores, shard_rows, texts

from governance.collapse.evidence import Evidence, Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Better, Case
from governance.collapse.probe import ProbePlan
from governance.collapse.report import measure_evidence, shipped_metrics, worst_slice
from governance.collapse.samples import equal_samples
from governance.digest import digest_document
from governance.errors import IntegrityError, PolicyError
from governance.section import read_section, section_document
from governance.stages import measure

APART = ("written", "questions")
"""Kinds of readings that need more than whole documents and samples at equal budgets."""


def comparison(change: float, width: float) -> Comparison:
    return Comparison(change=change, low=change - width, high=change + width, se=width / 1.66, noise=0.0, n=50)


def test_the_same_evidence_gives_the_same_bytes():
    first, second = (measure_evidence(probe(), HUMAN, PLAN, 7) for _ in range(2))
    assert digest_document(first) == digest_document(second)


def test_every_metric_is_in_the_document_with_values_comparisons_and_units():
    document = measure_evidence(probe(), HUMAN, PLAN, 7)
    assert document["schema"] == "heirloom/measures/1"
    for entry in document["metrics"]:
        assert set(entry["values"]) == set(MODELS)
        assert set(entry["against"]) == {"baseline", "champion"}
        assert entry["units"] > 0 or entry["kind"] in APART
    assert document["conditions"]["samples"]["1"] == {"prompts": 60, "words_per_model": 240 * 20}


def test_a_best_ever_release_that_was_asked_is_compared_with_like_the_others():
    usual = probe()
    more = [
        pl.concat([frame, frame.filter(model="baseline").with_columns(model=pl.lit("best-ever"))])
        for frame in (usual.scores, usual.samples)
    ]
    document = measure_evidence(Evidence(*more), HUMAN, PLAN, 7)
    for entry in document["metrics"]:
        assert set(entry["against"]) == {"baseline", "champion", "best-ever"}
        assert entry["values"]["best-ever"] == entry["values"]["baseline"]
        assert entry["against"]["best-ever"]["change"] == entry["against"]["baseline"]["change"]


def test_a_founding_probe_has_readings_of_the_candidate_and_no_comparison():
    alone = Evidence(scores=scores({"candidate": 0.0}), samples=samples({"candidate": texts(1, 240)}))
    document = measure_evidence(alone, HUMAN, PLAN, 7, human_slices=SLICES)
    assert document["models"] == ["candidate"]
    for entry in (entry for entry in document["metrics"] if entry["kind"] not in APART):
        assert entry["values"]["candidate"] > 0
        assert entry["values"]["baseline"] is None
        assert entry["against"]["baseline"]["change"] is None
        assert "baseline" in entry["against"]["baseline"]["reason"]


def test_a_broken_shard_is_null_with_a_reason_and_still_json():
    broken = Evidence(scores=probe().scores.with_columns(bits=pl.lit(float("nan"))), samples=probe().samples)
    entries = {
        entry["name"]: entry for entry in json.loads(json.dumps(measure_evidence(broken, HUMAN, PLAN, 7), allow_nan=False))["metrics"]
    }
    assert entries["tail_perplexity"]["values"]["candidate"] is None
    assert "no finite positive number of bits" in entries["tail_perplexity"]["reasons"]["candidate"]
    assert entries["distinct_2"]["values"]["candidate"] > 0


def test_other_temperatures_are_reported_beside_the_gated_one():
    plan = ProbePlan(temperatures=(0.7, 1.0), bootstrap_draws=400)
    sharp = samples(dict.fromkeys(MODELS, texts(5, 240, steepness=1.5)), temperature=0.7)
    both = pl.concat([probe().samples, sharp], how="diagonal")
    document = measure_evidence(Evidence(scores=probe().scores, samples=both), HUMAN, plan, 7)
    entry = next(entry for entry in document["metrics"] if entry["name"] == "distinct_2")
    assert entry["other_temperatures"]["0.7"]["candidate"] < entry["values"]["candidate"]


def test_other_wordings_are_reported_beside_the_plain_one_and_move_no_gated_reading():
    plan = ProbePlan(temperatures=(1.0,), bootstrap_draws=400)
    narrow = samples(dict.fromkeys(MODELS, texts(5, 240, steepness=1.5))).with_columns(wording=pl.lit("presuming"))
    both = pl.concat([probe().samples, narrow], how="diagonal")
    document, plain = measure_evidence(Evidence(probe().scores, both), HUMAN, plan, 7), measure_evidence(probe(), HUMAN, plan, 7)
    for entry, alone in zip(document["metrics"], plain["metrics"], strict=True):
        assert (entry["values"], entry["against"]) == (alone["values"], alone["against"])
    entry = next(entry for entry in document["metrics"] if entry["name"] == "distinct_2")
    assert entry["other_wordings"]["presuming"]["candidate"] < entry["values"]["candidate"]
    assert entry["other_wordings"]["rephrased"] == dict.fromkeys(MODELS)
    assert document["conditions"]["wordings"]["rephrased"] == {
        "reason": "the candidate has no samples at temperature 1, worded 'rephrased'"
    }


def test_a_value_is_the_same_in_however_many_groups_its_prompts_are_dealt():
    few, many = (equal_samples(probe(), HUMAN, 1.0, SLICES, most_groups=groups) for groups in (6, 100))
    for metric in shipped_metrics().values():
        if metric.kind.of_samples and metric.kind.value not in APART:
            one, other = (metric.measure(Case(evidence=probe(), samples=found, plan=PLAN, seed=1)) for found in (few, many))
            numbers = {model: value for model, value in other.values.items() if isinstance(value, float)}
            assert set(MODELS) <= set(numbers)
            assert {model: one.values[model] for model in numbers} == pytest.approx(numbers, rel=1e-12), metric.name


def test_no_text_of_a_row_or_a_sample_is_in_the_document():
    document = json.dumps(measure_evidence(probe(), HUMAN, PLAN, 7))
    assert not any(text[:20] in document for text in (*HUMAN, *texts(1, 240)))


def test_a_small_noisy_slice_does_not_lead():
    slices = {"noisy": comparison(0.2, 0.3), "sure": comparison(0.1, 0.02), "small": Unmeasured(reason="too small to judge")}
    assert worst_slice(slices, Better.LOWER) == "sure"
    assert worst_slice({"small": slices["small"]}, Better.LOWER) is None


def test_words_that_are_not_common_to_all_models_are_no_budget():
    said = dict.fromkeys(MODELS, texts(1, 240)) | {"candidate": ["eee"] * 240}
    found = equal_samples(probe(said=said), HUMAN, 1.0)
    assert isinstance(found, Unmeasured)
    assert "the candidate writes least" in found.reason


@pytest.mark.parametrize(
    "wrong",
    [
        {"gate_temperature": 0.9},
        {"temperatures": []},
        {"temperatures": [1.0, 1.0]},
        {"top_p": 0.0},
        {"samples_per_prompt": 0},
        {"bootstrap_draws": 10},
        {"retrain_noise_percent": -1.0},
        {"serving_temperature": 0.0},
        {"other_draws": 0},
        {"wordings": {"plain": "again: {prompt}"}},
        {"wordings": {"other": "{prompt} and so on"}},
        {"wordings": {"other": "{prompt}"}},
        {"refusal_patterns": ["(unclosed"]},
        {"refusal_patterns": ["no?p?e?|"]},
    ],
)
def test_an_impossible_probe_is_refused_by_its_setting(wrong):
    with pytest.raises(PolicyError, match=f"policy.probe: {next(iter(wrong))}"):
        read_section(ProbePlan, wrong, "policy.probe")


def test_a_probe_plan_survives_its_document():
    assert read_section(ProbePlan, section_document(PLAN), "policy.probe") == PLAN


class FolderDesk:
    """Just enough of a desk for one stage."""

    def __init__(self, folder: Path, needs: Mapping[str, Any]) -> None:
        self.folder, self.needs = folder, needs

    def need(self, key: str) -> Any:
        return self.needs[key]

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.needs[key], key)

    def reads(self, name: str) -> Path:
        return self.folder / name.replace("/", "_")

    writes = reads


ONE_LOOK = {"extension": None, "policy.gates.extension": {}}


def desk(folder: Path, evidence: Evidence) -> FolderDesk:
    evidence.scores.write_parquet(folder / "scores.parquet")
    evidence.samples.write_parquet(folder / "samples.parquet")
    evidence.choices.write_parquet(folder / "choices.parquet")
    shards = lay_out(folder, evidence)
    for name, frame in (("control_scores", evidence.scores), ("control_samples", evidence.samples)):
        frame.clear().write_parquet(folder / f"{name}.parquet")
    return FolderDesk(folder, {"policy.probe": section_document(PLAN), "seed": 7, "shards": shards, "retrain_noise": {}} | ONE_LOOK)


def test_the_stage_writes_the_report_of_its_files(tmp_path):
    measure.STAGE.work(desk(tmp_path, probe()))
    human = shard_rows(probe(), "human")
    measured = measure_evidence(probe(), human["text"].to_list(), PLAN, 7, human_slices=human["slice"].to_list())
    assert json.loads((tmp_path / "measures.json").read_text()) == json.loads(json.dumps({**measured, "controls": None}))


def test_a_probe_file_without_a_column_is_named(tmp_path):
    at = desk(tmp_path, probe())
    probe().scores.drop("bits").write_parquet(tmp_path / "scores.parquet")
    with pytest.raises(IntegrityError, match="'bits' is missing"):
        measure.STAGE.work(at)
