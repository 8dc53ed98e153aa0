"""Bad evidence, through the stages measure and judge as they run in a cycle: a block or inconclusive with its reason, never a pass."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from governance.collapse.evidence import Evidence
from governance.digest import read_document, write_document
from governance.errors import IntegrityError
from governance.gates.extension import ExtensionRules
from governance.gates.margins import GateRules
from governance.section import read_section, section_document
from governance.stages import judge, measure
from governance.stages.stage import Stage
from tests.collapse.planted_controls import control_frames
from tests.collapse.planted_probe import MODELS, PLAN, lay_out, samples, scores, texts
from tests.gates.planted_measures import lineage, mix

PROMPTS = 120
REFUSAL = "I am sorry, but I cannot help with that request."
CHAMPION, BASELINE = {"version": 2, "digest": "c"}, {"version": 1, "digest": "b"}


@dataclass
class CycleDesk:
    """A desk over one folder for one stage; asking for what the stage did not declare is a KeyError."""

    folder: Path
    stage: Stage
    needs: Mapping[str, Any]
    asked: list[str] = field(default_factory=list)

    def need(self, key: str) -> Any:
        if key not in self.stage.needs:
            raise KeyError(key)
        return self.needs[key]

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.need(key), key)

    def reads(self, name: str) -> Path:
        if name not in self.stage.reads:
            raise KeyError(name)
        return self.folder / name.replace("/", "_")

    def writes(self, name: str) -> Path:
        if name not in self.stage.writes:
            raise KeyError(name)
        return self.folder / name


@cache
def sound() -> Evidence:
    """Three models that differ by chance alone: the gate passes them."""
    said = {model: texts(seed, 2 * PROMPTS, length=24) for seed, model in enumerate(MODELS)}
    return Evidence(scores=scores(dict.fromkeys(MODELS, 0.0), noise=0.02), samples=samples(said, draws=2))


def decision_of(
    folder: Path,
    evidence: Evidence,
    *,
    shards: Evidence | None = None,
    then: Callable[[Path], None] = lambda _: None,
    said: Mapping[str, Any] | None = None,
) -> Any:
    """What the two stages make of evidence; the shards are those of `shards`, `then` may spoil files, `said` is of cycle.json."""
    pinned = lay_out(folder, shards or evidence)
    evidence.scores.write_parquet(folder / "scores.parquet")
    evidence.samples.write_parquet(folder / "samples.parquet")
    evidence.choices.write_parquet(folder / "choices.parquet")
    for name, frame in zip(("control_scores", "control_samples"), control_frames(shards or evidence), strict=True):
        frame.write_parquet(folder / f"{name}.parquet")
    write_document(folder / "mix.json", mix())
    write_document(folder / "lineage.json", lineage())
    then(folder)
    needs = {
        "policy.probe": section_document(PLAN),
        "policy.gates": section_document(GateRules()),
        "policy_sha256": "ab" * 32,
        "seed": 7,
        "shards": pinned,
        "retrain_noise": {},
        "kind": "retraining",
        "champion": CHAMPION,
        "baseline": BASELINE,
        "best_ever": None,
        "history": None,
        "extension": None,
        "policy.gates.extension": {},
    }
    for stage in (measure.STAGE, judge.STAGE):
        stage.work(CycleDesk(folder, stage, {**needs, **(said or {})}))
    return read_document(folder / "decision.json")


def scored(**columns: pl.Expr) -> Callable[[Evidence], Evidence]:
    return lambda e: Evidence(scores=e.scores.with_columns(**columns), samples=e.samples)


def kept(rows: pl.Expr) -> Callable[[Evidence], Evidence]:
    return lambda e: Evidence(scores=e.scores.filter(rows), samples=e.samples)


def wrote(**columns: pl.Expr) -> Callable[[Evidence], Evidence]:
    return lambda e: Evidence(scores=e.scores, samples=e.samples.with_columns(**columns))


def answered(rows: pl.Expr) -> Callable[[Evidence], Evidence]:
    return lambda e: Evidence(scores=e.scores, samples=e.samples.filter(rows))


def twice(e: Evidence) -> Evidence:
    return Evidence(scores=pl.concat([e.scores, e.scores.filter(one)]), samples=pl.concat([e.samples, e.samples.filter(first_prompt)]))


tail, human, candidate, baseline = (pl.col("shard") == "tail", pl.col("shard") == "human", *(pl.col("model") == m for m in MODELS[::2]))
one = candidate & tail & (pl.col("doc_id") == "tail0007")
first_prompt = candidate & (pl.col("prompt_id") == "p0000")
bits, text = pl.col("bits"), pl.col("text")


def spoilt(column: pl.Expr, where: pl.Expr, value: Any) -> pl.Expr:
    return pl.when(where).then(pl.lit(value, dtype=pl.Float64)).otherwise(column)


def said(where: pl.Expr, what: str) -> dict[str, pl.Expr]:
    return {"text": pl.when(where).then(pl.lit(what)).otherwise(text)}


all_models = pl.lit(value=True)
other_ids = {"doc_id": pl.lit("other-") + pl.col("doc_id"), "source_id": pl.lit("other-") + pl.col("source_id")}
slice_gone = tail & (pl.col("slice") == "s1")
copies = pl.col("draw") + 2 * (pl.col("prompt_id").str.slice(1).cast(pl.Int32) % 4)
TABLE: Mapping[str, tuple[Callable[[Evidence], Evidence], str]] = {
    "one NaN": (scored(bits=spoilt(bits, one, math.nan)), "no finite positive number of bits"),
    "a whole model of NaN": (scored(bits=spoilt(bits, baseline, math.nan)), "no finite positive number of bits"),
    "one infinity": (scored(bits=spoilt(bits, one, math.inf)), "no finite positive number of bits"),
    "minus one": (scored(bits=spoilt(bits, one, -1.0)), "no finite positive number of bits"),
    "zero bits": (scored(bits=spoilt(bits, candidate, 0.0)), "no finite positive number of bits"),
    "a missing reading": (scored(bits=spoilt(bits, one, None)), "no finite positive number of bits"),
    "zero documents": (kept(~tail), "no document of the tail shard was scored"),
    "zero human documents": (kept(~human), "no document of the human shard was scored"),
    "no candidate": (kept(~candidate), "of the tail shard was scored with the candidate"),
    "no baseline": (kept(~baseline), "of the tail shard was scored with the baseline"),
    "no scores at all": (kept(~all_models), "no document of the tail shard was scored"),
    "a document left out for one model": (kept(~one), "1 of its documents were not scored with the candidate: tail0007"),
    "one slice left out for all": (kept(~slice_gone), "30 of its documents were not scored"),
    "one empty slice": (scored(bytes=pl.when(slice_gone).then(0).otherwise(pl.col("bytes"))), "other bytes than the pinned ones"),
    "a document scored twice": (twice, "score one document twice"),
    "documents of another run": (scored(**other_ids), "are not in the pinned shard"),
    "documents of another run, candidate": (
        scored(**{name: pl.when(candidate).then(new).otherwise(pl.col(name)) for name, new in other_ids.items()}),
        "are not in the pinned shard",
    ),
    "the same names on other bytes": (scored(bytes=pl.col("bytes") + 1), "other bytes than the pinned ones"),
    "no tokens": (scored(tokens=pl.lit(0)), "no bytes or no tokens"),
    "one generation for all prompts": (wrote(**said(candidate, "all the same words and no others")), "distinct-2"),
    "one generation for all prompts and models": (wrote(**said(all_models, "all the same words and no others")), "one and the same text"),
    "all generations empty": (wrote(**said(candidate, "")), "the candidate wrote no words"),
    "all generations of all models empty": (wrote(**said(all_models, "")), "wrote no words"),
    "blank generations": (wrote(**said(candidate, " \n\t ... ")), "the candidate wrote no words"),
    "refusals only": (wrote(**said(candidate, REFUSAL)), ""),
    "refusals of all models": (wrote(**said(all_models, REFUSAL)), ""),
    "eight generations, sixty copies of each": (
        wrote(text=pl.when(candidate).then(text.first().over("model", copies)).otherwise(text)),
        "distinct-2",
    ),
    "a generation that is missing": (wrote(text=pl.when(first_prompt).then(None).otherwise(text)), "has no text"),
    "a prompt that one model was not asked": (answered(~first_prompt), "not sampled exactly once with each model"),
    "no generations": (answered(~all_models), "the candidate has no samples"),
    "prompts of another run": (wrote(prompt_id=pl.lit("other-") + pl.col("prompt_id")), "answered prompts are not in the pinned shard"),
    "prompts left out for all": (answered(pl.col("prompt_id") < "p0110"), "10 of the pinned prompts were not asked"),
    "generations at another temperature": (wrote(temperature=pl.lit(0.7)), "the candidate has no samples at temperature 1"),
    "a candidate that stops after a word": (wrote(text=pl.when(candidate).then(text.str.slice(0, 3)).otherwise(text)), "writes least"),
}


def test_sound_evidence_passes_so_that_the_table_says_something(tmp_path):
    decision = decision_of(tmp_path, sound())
    assert decision["verdict"] == "pass", decision["reason"]


ALIKE = (
    *("a whole model of NaN", "one infinity", "zero bits", "a missing reading", "no scores at all", "zero human documents", "no candidate"),
    *("no baseline", "documents of another run, candidate", "no tokens", "blank generations", "all generations of all models empty"),
    *("a generation that is missing", "a document scored twice", "the same names on other bytes", "prompts left out for all"),
)
"""Near relatives of other lines, for the slow suite."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in ALIKE else ()) for name in TABLE])
def test_bad_evidence_ends_in_a_block_or_inconclusive_with_its_reason(tmp_path, name):
    spoil, reason = TABLE[name]
    decision = decision_of(tmp_path, spoil(sound()), shards=sound())
    assert decision["verdict"] in ("block", "inconclusive")
    assert reason in " ".join(gate["reason"] for gate in decision["gates"] if gate["verdict"] != "pass")
    assert decision["reason"]


def few(documents: int) -> Evidence:
    return Evidence(scores=scores(dict.fromkeys(MODELS, 0.0), documents=documents, noise=0.02), samples=sound().samples)


@pytest.mark.parametrize(
    ("documents", "reason"),
    [(1, "only 1 source documents"), (2, "only 2 source documents"), (5, "only 5 source documents"), (99, "fewer than the 100")],
)
def test_a_tail_set_of_two_documents_decides_nothing_however_equal_the_models_are(tmp_path, documents, reason):
    decision = decision_of(tmp_path, few(documents))
    assert decision["verdict"] == "inconclusive"
    assert reason in decision["reason"]


@pytest.mark.parametrize(("last", "reason"), [("p0005", "5 prompts were sampled"), ("p0099", "fewer than the 100 that may decide")])
def test_a_shard_of_few_prompts_decides_nothing(tmp_path, last, reason):
    decision = decision_of(tmp_path, answered(pl.col("prompt_id") < last)(sound()))
    assert decision["verdict"] == "inconclusive"
    assert reason in decision["reason"]


def test_sixty_four_copies_of_one_document_are_one_document(tmp_path):
    """All ids and sources differ, and every text is the same: also in the pinned shard."""
    many = sound()
    same = Evidence(scores=many.scores.with_columns(bytes=pl.lit(3, dtype=pl.Int64)), samples=many.samples)
    decision = decision_of(tmp_path, same)
    assert decision["verdict"] == "inconclusive"
    assert "only 1 source documents were scored" in decision["reason"]


@pytest.mark.parametrize("shard", ["tail", "human", "prompts"])
def test_a_shard_whose_digest_moved_makes_what_was_read_from_it_unmeasured(tmp_path, shard):
    def alter(folder: Path) -> None:
        path = folder / f"shards_{shard}.parquet"
        pl.read_parquet(path).reverse().write_parquet(path)

    decision = decision_of(tmp_path, sound(), then=alter)
    assert decision["verdict"] == "inconclusive"
    assert "and was pinned as" in decision["reason"]


def test_a_probe_without_a_column_ends_before_there_is_a_verdict(tmp_path):
    with pytest.raises(IntegrityError, match="is missing"):
        decision_of(
            tmp_path, sound(), then=lambda f: pl.read_parquet(f / "scores.parquet").drop("bits").write_parquet(f / "scores.parquet")
        )
    assert not (tmp_path / "decision.json").exists()


def test_what_a_first_look_held_back_is_missing_from_the_second_one_alone(tmp_path: Path) -> None:
    rules, whole = ExtensionRules(allowed=True, reserve_percent=30), sound()
    held = [rules.holds_back(name) for name in whole.scores["source_id"]]
    part = Evidence(
        scores=whole.scores.filter([shard == "training" or not out for shard, out in zip(whole.scores["shard"], held, strict=True)]),
        samples=whole.samples,
    )
    said = {"policy.gates.extension": section_document(rules), "policy.gates": section_document(GateRules(extension=rules))}
    first = decision_of(tmp_path, part, shards=whole, said=said)
    tail = next(gate for gate in first["gates"] if gate["gate"] == "tail_perplexity")
    assert first["look"]["number"] == 1
    assert tail["n"] == part.scores.filter(shard="tail")["source_id"].n_unique() < 100
    assert "fewer than the 100" in tail["reason"]
    second = decision_of(tmp_path, part, shards=whole, said={**said, "extension": {"checkpoint": "k"}})
    assert next(gate for gate in second["gates"] if gate["gate"] == "tail_perplexity")["reason"].startswith("not-measured")
