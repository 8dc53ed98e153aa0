from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collapse.evidence import PLAIN, TABLES, Evidence
from governance.collapse.probe import ProbePlan
from governance.collapse.sentinels import SENTINEL_SCHEMA, SENTINELS_FILE, no_sentinels
from governance.digest import Manifest, digest_file
from governance.errors import IntegrityError
from governance.gates.extension import ExtensionRules
from governance.ports.desk import SHARDS
from governance.ports.language_model import Decoding, Score, Span
from governance.ports.rows import rows_frame
from governance.ports.trainer import Trainer
from governance.section import part_of, read_section
from governance.stages.asking import draw_seed
from governance.stages.probe import STAGE, training_sample

TEMPLATES = ("{prompt}", *ProbePlan().wordings.values())
PLAN = {"temperatures": [0.7, 1.0], "samples_per_prompt": 2, "max_new_tokens": 5, "training_sample": 3}


@dataclass
class CountedModel:
    """Scores by length and says its own name; keeps count of what it was asked."""

    name: str
    asked: list[Decoding] = field(default_factory=list)
    prompted: list[str] = field(default_factory=list)

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        """A letter costs a bit more than the name has letters; of the words asked about, the last one is never the first choice."""
        hits = [(True,) * (len(spans) - 1) + (False,) * bool(spans) for spans in words] or [()] * len(texts)
        bits = [len(text) * (1 + len(self.name)) for text in texts]
        return [Score(bits=b, tokens=len(t.split()), first_choices=h) for b, t, h in zip(bits, texts, hits, strict=True)]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        self.asked.append(decoding)
        self.prompted += prompts
        return [f" {self.name} {decoding.seed}" for _ in prompts]

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return [len(text.split()) for text in texts]


@dataclass
class TableDesk:
    """A desk over one folder that hands out what the stage declares, and nothing else."""

    root: Path
    cycle: dict[str, Any]
    opened: list[CountedModel] = field(default_factory=list)
    bar: list[tuple[int, int, str]] = field(default_factory=list)

    def need(self, key: str) -> Any:
        if not any(key == name or key.startswith(f"{name}.") for name in STAGE.needs):
            raise KeyError(key)
        return part_of(self.cycle, key)

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.need(key), key)

    def reads(self, name: str) -> Path:
        if name not in STAGE.reads:
            raise KeyError(name)
        return self.root / name

    def writes(self, name: str) -> Path:
        if name not in STAGE.writes:
            raise KeyError(name)
        return self.root / name

    def model(self, digest: str) -> Path:
        return next(path for path in (self.root / "models").iterdir() if Manifest.of(path).digest == digest)

    def trainer(self, name: str) -> Trainer:
        def open_model(folder: Path) -> CountedModel:
            self.opened.append(CountedModel((folder / "config.json").read_text()))
            return self.opened[-1]

        return Trainer(
            name=name, found=lambda *_: None, train=lambda _: None, open=open_model, counter=lambda f: open_model(f).count_tokens
        )  # type: ignore[arg-type,return-value]

    def progress(self, title: str) -> Callable[[int, int, str], None]:
        return lambda done, total, words: self.bar.append((done, total, words))


def rows(prefix: str, count: int) -> pl.DataFrame:
    return rows_frame(
        [{"row_id": f"{prefix}-{n}", "text": f"{prefix} text é {n}", "origin": "human", "slice": "s"} for n in range(count)], "x"
    )


def kept(root: Path, name: str) -> str:
    folder = root / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(name)
    return Manifest.of(folder).digest


@pytest.fixture
def desk(tmp_path: Path) -> TableDesk:
    (tmp_path / "shards").mkdir()
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "config.json").write_text("new")
    rows("tail", 4).with_columns(source_id=pl.lit("one document")).write_parquet(tmp_path / "shards" / "tail.parquet")
    rows("human", 3).write_parquet(tmp_path / "shards" / "human.parquet")
    pl.DataFrame({"prompt_id": ["p2", "p1"], "text": ["It", "We"], "slice": ["s", "t"]}).write_parquet(
        tmp_path / "shards" / "prompts.parquet"
    )
    parts = [(rows("mix", 6), "human"), (rows("mix", 6), "human"), (rows("syn", 5), "synthetic"), (rows("anc", 5), "anchor")]
    pl.concat([frame.with_columns(role=pl.lit(role)) for frame, role in parts]).write_parquet(tmp_path / "mix.parquet")
    no_sentinels().write_parquet(tmp_path / SENTINELS_FILE)
    cycle = {
        "seed": 7,
        "sentinels": {"sha256": digest_file(tmp_path / SENTINELS_FILE)},
        "champion": {"version": 2, "digest": kept(tmp_path, "champ")},
        "baseline": {"version": 1, "digest": kept(tmp_path, "base")},
        "best_ever": None,
        "extension": None,
        "shards": {name: digest_file(tmp_path / path) for name, path in SHARDS.items() if name != "anchors"},
        "policy": {"probe": PLAN, "training": {"trainer": "counted"}, "gates": {"extension": {}}},
    }
    return TableDesk(root=tmp_path, cycle=cycle)


def evidence(desk: TableDesk) -> Evidence:
    STAGE.work(desk)  # type: ignore[arg-type]
    return Evidence(*(pl.read_parquet(desk.root / name) for name in TABLES))


def test_three_models_score_the_same_documents_and_answer_the_same_prompts(desk: TableDesk) -> None:
    found = evidence(desk)
    assert found.models() == ("candidate", "champion", "baseline")
    by_model = [frame.drop("model", "bits") for _, frame in found.scores.group_by("model", maintain_order=True)]
    assert by_model[0].equals(by_model[1])
    assert by_model[0].equals(by_model[2])
    assert found.scores.group_by("model", "shard").len()["len"].sort().to_list() == [3] * 6 + [4] * 3
    assert found.samples.filter(wording=PLAIN).height == 3 * 2 * 2 * 2
    assert found.samples.filter(model="champion")["text"].str.contains("champ").all()


def test_bytes_are_those_of_the_text_and_a_row_cut_from_nothing_is_its_own_source(desk: TableDesk) -> None:
    scores = evidence(desk).scores
    assert scores.filter(shard="tail")["bytes"].unique().to_list() == [len("tail text é 0".encode())]
    assert scores.filter(shard="tail")["source_id"].unique().to_list() == ["one document"]
    assert scores.filter(shard="human")["source_id"].equals(scores.filter(shard="human")["doc_id"], check_names=False)


def test_training_documents_are_different_human_rows_of_the_mix(desk: TableDesk) -> None:
    names = evidence(desk).scores.filter(shard="training", model="candidate")["doc_id"]
    assert names.n_unique() == len(names) == 3
    assert names.str.starts_with("mix-").all()


def test_a_founding_cycle_has_rows_of_the_candidate_alone(desk: TableDesk) -> None:
    desk.cycle |= {"champion": None, "baseline": None}
    assert evidence(desk).models() == ("candidate",)


def test_equal_weights_are_asked_once_and_answer_under_each_name(desk: TableDesk) -> None:
    desk.cycle["baseline"] = desk.cycle["champion"]
    found = evidence(desk)
    assert [model.name for model in desk.opened] == ["new", "champ", "champ"], "the last one for the controls of the run"
    champion, baseline = (found.samples.filter(model=name).drop("model") for name in ("champion", "baseline"))
    assert champion.equals(baseline)


def test_the_best_ever_release_is_asked_what_the_others_are_asked(desk: TableDesk) -> None:
    desk.cycle["best_ever"] = {"version": 3, "digest": kept(desk.root, "best")}
    found = evidence(desk)
    assert found.models() == ("candidate", "champion", "baseline", "best-ever")
    best, base = (found.scores.filter(model=name).drop("model", "bits") for name in ("best-ever", "baseline"))
    assert best.equals(base)
    assert found.samples.filter(model="best-ever")["text"].str.contains("best").all()


@pytest.mark.parametrize("other", ["champion", "baseline"])
def test_a_best_ever_release_that_is_another_of_them_is_not_asked_again(desk: TableDesk, other: str) -> None:
    desk.cycle["best_ever"] = desk.cycle[other]
    assert evidence(desk).models() == ("candidate", "champion", "baseline")
    assert len(desk.opened) == 3 + 1


def test_a_first_look_leaves_out_what_a_second_one_reads_with_more_draws(desk: TableDesk) -> None:
    rules = {"allowed": True, "reserve_percent": 50, "more_draws": 3}
    rows("tail", 40).write_parquet(desk.root / "shards" / "tail.parquet")
    desk.cycle["shards"]["tail"] = digest_file(desk.root / "shards" / "tail.parquet")
    desk.cycle["policy"] = {**desk.cycle["policy"], "gates": {"extension": rules}}
    first = evidence(desk)
    desk.cycle["extension"] = {"checkpoint": Manifest.of(desk.root / "checkpoint").digest}
    second = evidence(desk)
    seen = {shard: set(first.scores.filter(shard=shard)["doc_id"]) for shard in ("tail", "training")}
    everything = {shard: set(second.scores.filter(shard=shard)["doc_id"]) for shard in ("tail", "training")}
    assert 10 < len(seen["tail"]) < 30
    assert len(everything["tail"]) == 40
    assert seen["training"] == everything["training"]
    assert seen["tail"] == {name for name in everything["tail"] if not ExtensionRules(allowed=True, reserve_percent=50).holds_back(name)}
    draws = [found.samples.filter(model="candidate", temperature=1.0, wording="plain")["draw"].n_unique() for found in (first, second)]
    assert draws == [2, 6]


def test_a_second_look_at_another_checkpoint_is_refused(desk: TableDesk) -> None:
    desk.cycle["extension"] = {"checkpoint": "0" * 64}
    with pytest.raises(IntegrityError, match="the first look was at 000000000000"):
        STAGE.work(desk)  # type: ignore[arg-type]


def test_every_draw_has_its_own_seed_and_all_models_share_it(desk: TableDesk) -> None:
    evidence(desk)
    seeds = [[decoding.seed for decoding in model.asked] for model in desk.opened]
    assert seeds[0] == seeds[1] == seeds[2]
    assert len(set(seeds[0])) == 4


def test_prompts_are_asked_in_three_wordings_with_the_same_seeds(desk: TableDesk) -> None:
    found = evidence(desk).samples
    drawn = found.filter(temperature=1.0, model="candidate").group_by("wording", maintain_order=True).agg("text", "draw")
    assert drawn["wording"].to_list() == [PLAIN, "rephrased", "presuming"]
    assert drawn["text"].n_unique() == 1
    assert set(desk.opened[0].prompted) == {template.replace("{prompt}", text) for template in TEMPLATES for text in ("It", "We")}


def test_a_wording_of_the_prompts_shard_stands_before_the_template(desk: TableDesk) -> None:
    path = desk.root / "shards" / "prompts.parquet"
    pl.read_parquet(path).with_columns(text_presuming=pl.lit("Since it is gone: ") + pl.col("text")).write_parquet(path)
    desk.cycle["shards"] = {**desk.cycle["shards"], "prompts": digest_file(path)}
    evidence(desk)
    assert {"Since it is gone: It", "Since it is gone: We"} < set(desk.opened[0].prompted)
    assert TEMPLATES[2].replace("{prompt}", "It") not in desk.opened[0].prompted


def test_the_serving_temperature_is_probed_too_and_other_readings_get_fewer_draws(desk: TableDesk) -> None:
    few = {"serving_temperature": 0.3, "samples_per_prompt": 3, "other_draws": 1}
    desk.cycle["policy"] = {**desk.cycle["policy"], "probe": {**PLAN, **few}}
    found = evidence(desk).samples.filter(model="baseline")
    draws = found.group_by("wording", "temperature").agg(pl.col("draw").n_unique()).sort("wording", "temperature")
    assert draws.rows() == [(PLAIN, 0.3, 1), (PLAIN, 0.7, 1), (PLAIN, 1.0, 3), ("presuming", 1.0, 1), ("rephrased", 1.0, 1)]


def test_what_the_gates_read_is_scored_by_its_own_writer_after_its_prompt(desk: TableDesk) -> None:
    found = evidence(desk).samples
    gated = found.filter(temperature=1.0, wording=PLAIN, model="champion")
    # a letter costs the fake six bits, whatever the prompt before it
    assert gated["bits"].to_list() == [6.0 * len(text) for text in gated["text"]]
    assert found.filter((pl.col("temperature") != 1) | (pl.col("wording") != PLAIN))["bits"].null_count() == 3 * 2 * 2 * 3


def test_rare_words_of_locked_documents_are_asked_in_the_same_pass(desk: TableDesk) -> None:
    found = evidence(desk).scores.filter(model="candidate").sort("shard", "doc_id")
    # "human text e 0": every word is in three documents, and no number is a word; the fake misses the last word asked about
    assert found.filter(shard="human")["rare"].to_list() == [0, 0, 0]
    named = pl.read_parquet(desk.root / "shards" / "human.parquet").with_columns(text=pl.col("text") + " heron stork " + pl.col("row_id"))
    named.write_parquet(desk.root / "shards" / "human.parquet")
    desk.cycle["shards"] = {**desk.cycle["shards"], "human": digest_file(desk.root / SHARDS["human"])}
    named = named.with_columns(text=pl.when(pl.col("row_id") == "human-2").then(pl.lit("another")).otherwise("text"))
    named.write_parquet(desk.root / "shards" / "human.parquet")
    desk.cycle["shards"] = {**desk.cycle["shards"], "human": digest_file(desk.root / SHARDS["human"])}
    found = evidence(desk).scores.filter(model="candidate").sort("shard", "doc_id")
    assert found.filter(shard="human")["rare"].to_list() == [3, 3, 0]
    assert found.filter(shard="human")["rare_hits"].to_list() == [2, 2, 0]
    assert found.filter(shard="training")["rare"].null_count() == 3


def test_rare_names_of_the_tail_are_weighed_beside_others(desk: TableDesk) -> None:
    names = ["HeronBook", "SwanTable", "CraneList", "StorkIndex", "IbisRecord"]
    told = rows("tail", 5).with_columns(text=pl.Series([f"The keeper of the register writes down what is in {n} today" for n in names]))
    told.write_parquet(desk.root / "shards" / "tail.parquet")
    desk.cycle["shards"] = {**desk.cycle["shards"], "tail": digest_file(desk.root / SHARDS["tail"])}
    found = evidence(desk).choices
    assert found.group_by("model").len()["len"].to_list() == [25] * 3
    first = found.filter(model="baseline", question_id="tail-0").sort("choice")
    assert first["bits"].to_list() == [5.0 * (56 + len(n)) for n in ("HeronBook", "CraneList", "SwanTable", "IbisRecord", "StorkIndex")]
    desk.cycle["policy"] = {**desk.cycle["policy"], "probe": {**PLAN, "cloze_documents": 2}}
    assert evidence(desk).choices["question_id"].n_unique() == 2


def test_sentinels_are_weighed_truth_first(desk: TableDesk) -> None:
    pairs = [("s2", "s", "True it is.", "False it is not."), ("s1", None, "Yes.", "No, never.")]
    pl.DataFrame(pairs, schema=SENTINEL_SCHEMA, orient="row").write_parquet(desk.root / SENTINELS_FILE)
    desk.cycle["sentinels"] = {"sha256": digest_file(desk.root / SENTINELS_FILE)}
    found = evidence(desk).choices.filter(model="baseline", task="sentinels").sort("question_id", "choice")
    assert found["bits"].to_list() == [5.0 * len(text) for text in ("Yes.", "No, never.", "True it is.", "False it is not.")]
    assert found["slice"].to_list() == ["none", "none", "s", "s"]


def test_sentinels_that_are_not_the_frozen_ones_are_refused(desk: TableDesk) -> None:
    desk.cycle["sentinels"] = {"sha256": "0" * 64}
    with pytest.raises(IntegrityError, match="frozen as 000000000000"):
        STAGE.work(desk)  # type: ignore[arg-type]
    assert not desk.opened


@pytest.mark.parametrize("name", ["tail", "human", "prompts"])
def test_a_shard_that_models_wrote_judges_nobody(desk: TableDesk, name: str) -> None:
    path = desk.root / SHARDS[name]
    frame = pl.read_parquet(path)
    frame.with_columns(origin=pl.lit("model")).write_parquet(path)
    desk.cycle["shards"] = {**desk.cycle["shards"], name: digest_file(path)}
    with pytest.raises(IntegrityError, match=f"{frame.height} of {frame.height} rows of shard {name} are not human"):
        STAGE.work(desk)  # type: ignore[arg-type]
    assert not desk.opened


def test_the_bar_ends_full(desk: TableDesk) -> None:
    evidence(desk)
    assert [done for done, _, _ in desk.bar] == list(range(1, 47)), "three models, and two of known quality"
    assert {total for _, total, _ in desk.bar} == {46}


def test_the_same_cycle_gives_the_same_bytes(desk: TableDesk) -> None:
    evidence(desk)
    first = [digest_file(desk.root / name) for name in STAGE.writes]
    evidence(desk)
    assert [digest_file(desk.root / name) for name in STAGE.writes] == first


def test_no_training_documents_are_scored_where_the_plan_wants_none(desk: TableDesk) -> None:
    desk.cycle["policy"] = {**desk.cycle["policy"], "probe": {**PLAN, "training_sample": 0}}
    assert set(evidence(desk).scores["shard"]) == {"tail", "human"}


@pytest.mark.parametrize("name", ["tail", "human", "prompts"])
def test_a_shard_that_is_not_the_pinned_one_is_refused_by_name(desk: TableDesk, name: str) -> None:
    desk.cycle["shards"] = {**desk.cycle["shards"], name: "0" * 64}
    with pytest.raises(IntegrityError, match=f"shard {name}"):
        STAGE.work(desk)  # type: ignore[arg-type]
    assert not desk.opened


@given(st.permutations(range(12)), st.integers(0, 12), st.integers(0, 5))
def test_the_training_sample_does_not_depend_on_the_order_of_the_mix(order: list[int], size: int, seed: int) -> None:
    mix = rows("mix", 12).with_columns(role=pl.lit("human"))
    assert training_sample(mix[order], size, seed).equals(training_sample(mix, size, seed))
    assert training_sample(mix, size, seed).height == size


@given(st.integers(0, 2**40), st.floats(0.1, 2), st.integers(0, 50))
def test_a_draws_seed_is_a_plain_non_negative_number_below_two_to_the_31(seed: int, temperature: float, draw: int) -> None:
    assert 0 <= draw_seed(seed, temperature, draw) < 2**31
    assert draw_seed(seed, temperature, draw) != draw_seed(seed, temperature, draw + 1)


def test_probing_reads_only_what_it_declares() -> None:
    assert STAGE.name == "probe"
    assert set(STAGE.writes) == {*TABLES, "control_scores.parquet", "control_samples.parquet"}
    needed: Mapping[str, None] = dict.fromkeys(STAGE.needs)
    assert "policy.gates" not in needed
    assert "policy.gates.extension" in needed
