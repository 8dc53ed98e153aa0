"""The controls of a run: a sound probe passes them, and a probe that was spoilt through its ports makes the run invalid."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.trainers.ngram import TRAINER
from governance.collapse.controls import PLANTED
from governance.collapse.sentinels import SENTINELS_FILE, no_sentinels
from governance.digest import Manifest, digest_file, read_document, write_document
from governance.errors import IntegrityError
from governance.gates.margins import GateRules
from governance.ports.desk import SHARDS
from governance.ports.language_model import Decoding, LanguageModel, Score, Span
from governance.ports.trainer import Trainer
from governance.section import part_of, read_section, section_document
from governance.stages import judge, measure, probe
from governance.stages.known import SHARP, disordered
from tests.adapters.trainer_bench import job_of, mix_of
from tests.drills.planted_language import PLAN, RECIPE, rows
from tests.gates.planted_measures import lineage, mix

ASKED = replace(PLAN, samples_per_prompt=2, wordings={}, training_sample=5, max_new_tokens=16, bootstrap_draws=200)


@dataclass
class RunDesk:
    """One folder, real models, and a trainer of the test's choice; hands out what it is asked for."""

    place: Path
    cycle: Mapping[str, Any]
    folders: Mapping[str, Path]
    trained_by: Trainer
    swapped: Mapping[str, str] = field(default_factory=dict)

    def need(self, key: str) -> Any:
        return part_of(self.cycle, key)

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.need(key), key)

    def reads(self, name: str) -> Path:
        return self.place / self.swapped.get(name, name)

    def writes(self, name: str) -> Path:
        return self.place / name

    def model(self, digest: str) -> Path:
        return self.folders[digest]

    def trainer(self, name: str) -> Trainer:
        return self.trained_by

    def progress(self, title: str) -> Callable[[int, int, str], None]:
        return lambda done, total, words: None


@dataclass(frozen=True)
class Behind:
    """A model that answers as another one does; the spoilt ones override one of its answers."""

    model: LanguageModel

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        return self.model.score(texts, words)

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        return self.model.sample(prompts, decoding)

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return self.model.count_tokens(texts)


class Constant(Behind):
    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        return [replace(score, bits=100.0) for score in self.model.score(texts, words)]


class NoNumber(Behind):
    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        return [replace(score, bits=float("nan")) for score in self.model.score(texts, words)]


class ByLength(Behind):
    """Longest first, as it batches, and never put back."""

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        return sorted(self.model.score(texts, words), key=lambda score: -score.tokens)


class OtherPrompts(Behind):
    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        texts = list(self.model.sample(prompts, decoding))
        return [*texts[7:], *texts[:7]]


class OneText(Behind):
    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        return ["Ada visits the boat at noon."] * len(prompts)


class Drifting(Behind):
    """A hundredth more bits of a text for every time that it was asked before."""

    asked: ClassVar[Counter[str]] = Counter()

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        found = self.model.score(texts, words)
        drifted = [replace(one, bits=one.bits * (1 + self.asked[text] / 100)) for text, one in zip(texts, found, strict=True)]
        self.asked.update(texts)
        return drifted


class Counting(Behind):
    """Writes down what it was asked."""

    scored: ClassVar[Counter[str]] = Counter()
    drawn: ClassVar[Counter[float]] = Counter()

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        self.scored.update(texts)
        return self.model.score(texts, words)

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        self.drawn[decoding.temperature] += len(prompts)
        return self.model.sample(prompts, decoding)


def behind(spoilt: type[Behind]) -> Trainer:
    return replace(TRAINER, open=lambda folder: spoilt(TRAINER.open(folder)))


def stale() -> Trainer:
    """Hands out the model that it was asked for the time before."""
    asked: list[Path] = []

    def open_late(folder: Path) -> LanguageModel:
        asked.append(folder)
        return TRAINER.open(asked[max(len(asked) - 2, 0)])

    return replace(TRAINER, open=open_late)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDesk:
    """A champion, which is the baseline too, and a candidate that went on from it with fresh human text."""
    place = tmp_path_factory.mktemp("run")
    texts = rows(1, 500, "pool")["text"].to_list()
    TRAINER.found(texts, RECIPE, 7, place / "start")
    founded = mix_of({"anchor": texts[:100], "human": texts[100:]})
    TRAINER.train(job_of(place / "first", place / "start", founded, RECIPE))
    fresh = rows(2, 500, "fresh")["text"].to_list()
    TRAINER.train(job_of(place, place / "first" / "checkpoint", mix_of({"anchor": texts[:100], "human": fresh}), RECIPE))
    (place / "shards").mkdir()
    pl.read_parquet(place / "mix.parquet").with_columns(slice=pl.lit("fresh")).write_parquet(place / "mix.parquet")
    prompts = rows(41, 120, "prompt").rename({"row_id": "prompt_id"})
    shards = {"tail": rows(21, 150, "tail"), "human": rows(31, 120, "human")}
    shards["prompts"] = prompts.with_columns(prompts["text"].str.split(" ").list.head(3).list.join(" "))
    for name, frame in shards.items():
        frame.write_parquet(place / SHARDS[name])
    write_document(place / "mix.json", mix())
    write_document(place / "lineage.json", lineage())
    no_sentinels().write_parquet(place / SENTINELS_FILE)
    champion = place / "first" / "checkpoint"
    kept = {"version": 1, "digest": Manifest.of(champion).digest}
    cycle = {
        "kind": "retraining",
        "seed": 7,
        "number": 2,
        "champion": kept,
        "baseline": kept,
        "best_ever": kept,
        "history": None,
        "extension": None,
        "retrain_noise": {},
        "sentinels": {"sha256": digest_file(place / SENTINELS_FILE)},
        "shards": {name: digest_file(place / SHARDS[name]) for name in shards},
        "policy": {"probe": section_document(ASKED), "gates": section_document(GateRules()), "training": {}},
        "policy_sha256": "ab" * 32,
    }
    return RunDesk(place=place, cycle=cycle, folders={kept["digest"]: champion}, trained_by=TRAINER)


def decision_of(desk: RunDesk) -> Mapping[str, Any]:
    for stage in (probe.STAGE, measure.STAGE, judge.STAGE):
        stage.work(desk)  # type: ignore[arg-type]
    return read_document(desk.place / "decision.json")


def control(decision: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(gate for gate in decision["gates"] if gate["gate"] == "controls")


def test_a_sound_run_judges_its_controls_rightly_and_reads_what_was_planted(run: RunDesk):
    decision = decision_of(run)
    assert control(decision)["verdict"] == "pass", control(decision)["reason"]
    measured = read_document(run.place / "measures.json")["controls"]
    collapsed = {entry["name"]: entry["against"]["baseline"]["change"] for entry in measured["known-collapsed"]}
    assert collapsed["tail_perplexity"] == pytest.approx(PLANTED, abs=1e-9)
    assert collapsed["human_perplexity"] == pytest.approx(PLANTED, abs=1e-9)
    assert max(collapsed[name] for name in ("distinct_2", "distinct_3", "ngram_entropy")) < -0.05
    still = {entry["name"]: entry["against"]["baseline"]["change"] for entry in measured["known-good"]}
    assert still["tail_perplexity"] == pytest.approx(0, abs=1e-9)
    assert still["distinct_2"] != 0


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (behind(Constant), "a collapsed model is not blocked"),
        (behind(NoNumber), "a collapsed model is not blocked"),
        (behind(ByLength), "not the same, document by document"),
        (behind(OtherPrompts), "answers of the champion are the same when half of the prompts are asked again"),
        (behind(OneText), "a collapsed model is not blocked"),
        (stale(), "the champion against itself"),
        (behind(Drifting), "the champion against itself is not the same, document by document"),
    ],
    ids=["constant readings", "no numbers", "wrong order", "shuffled prompts", "one text", "swapped models", "drift"],
)
def test_a_spoilt_probe_makes_the_run_invalid(run: RunDesk, spoilt: Trainer, said: str):
    decision = decision_of(replace(run, trained_by=spoilt))
    assert decision["verdict"] == "inconclusive"
    assert decision["reason"].startswith("invalid-run: ")
    assert said in control(decision)["reason"]


def test_controls_ask_for_a_text_once_and_for_two_draws_and_still_find_what_was_planted(run: RunDesk):
    policy = {**run.cycle["policy"], "probe": section_document(replace(ASKED, samples_per_prompt=4))}
    decision = decision_of(replace(run, cycle={**run.cycle, "policy": policy}, trained_by=behind(Counting)))
    assert control(decision)["verdict"] == "pass", control(decision)["reason"]
    text = pl.read_parquet(run.place / SHARDS["tail"])["text"][0]
    assert Counting.scored[text] == 3, "candidate, champion, and the champion once more for both controls"
    assert Counting.scored[disordered(text)] == 1
    assert Counting.drawn[SHARP] == 2 * 120
    drawn = pl.read_parquet(run.place / "control_samples.parquet").filter(model="known-good")
    assert sorted(drawn["draw"].unique()) == [0, 1]


def test_shards_in_each_others_place_end_the_run(run: RunDesk):
    swapped = {SHARDS["tail"]: SHARDS["human"], SHARDS["human"]: SHARDS["tail"]}
    with pytest.raises(IntegrityError, match="shard tail"):
        decision_of(replace(run, swapped=swapped))


def test_a_gate_that_lets_a_quarter_of_all_knowledge_go_makes_the_run_invalid(run: RunDesk):
    lax = {"margins": {"tail_perplexity": {"margin_percent": 60.0, "champion_step_percent": 60.0}}}
    policy = {**run.cycle["policy"], "gates": {**run.cycle["policy"]["gates"], **lax}}
    decision = decision_of(replace(run, cycle={**run.cycle, "policy": policy}))
    assert decision["reason"].startswith("invalid-run: a collapsed model is not blocked: tail perplexity moved +25.0 %")


def test_without_controls_there_is_no_decision_and_a_founding_cycle_makes_none(run: RunDesk):
    founding = replace(run, cycle={**run.cycle, "kind": "founding", "champion": None, "baseline": None, "best_ever": None})
    assert not any(gate["gate"] == "controls" for gate in decision_of(founding)["gates"])
    assert read_document(run.place / "measures.json")["controls"] is None
    unmade = decision_of(replace(run, cycle={**run.cycle, "champion": None}))
    assert unmade["verdict"] == "inconclusive"
    assert "not-measured: the run made no controls of its own" in unmade["reason"]
    measures = read_document(run.place / "measures.json")
    write_document(run.place / "measures.json", {name: found for name, found in measures.items() if name != "controls"})
    with pytest.raises(IntegrityError, match="controls"):
        judge.STAGE.work(run)  # type: ignore[arg-type]


@given(st.text(alphabet=st.sampled_from("ab \n")))
def test_a_disordered_text_holds_the_same_words_and_the_same_bytes(text: str):
    assert sorted(disordered(text).split(" ")) == sorted(text.split(" "))
