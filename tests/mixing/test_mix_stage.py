import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from mixing_rows import START, plan, text_of

from governance.adapters.executors.here import HereExecutor
from governance.digest import digest_file, digest_text, read_document, write_document
from governance.errors import IntegrityError, RefusedError
from governance.mixing.benchmarks import BENCHMARKS_SCHEMA
from governance.mixing.document import mix_root
from governance.mixing.pool import weighed_rows
from governance.mixing.rules import MixRules
from governance.mixing.weights import Weights
from governance.ports.desk import SHARDS
from governance.ports.executor import Executor
from governance.ports.rows import rows_frame
from governance.ports.trainer import Trainer
from governance.provenance.earlier import EARLIER_SCHEMA, nothing_earlier
from governance.provenance.kernels import NUMPY, Kernels
from governance.provenance.labels.label import no_relabels
from governance.provenance.memory import MEMORY_SCHEMA, nothing_known
from governance.provenance.passed import PASSED_SCHEMA
from governance.provenance.withdrawn import WITHDRAWN_SCHEMA, nothing_withdrawn
from governance.section import part_of, read_section
from governance.stages.mix import STAGE


@dataclass
class LetterCounter:
    """A model whose tokens are letters and spaces."""

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return [len(text) for text in texts]


@dataclass
class TableDesk:
    """A desk over one folder that hands out what the stage declares, and nothing else."""

    root: Path
    cycle: dict[str, Any]
    piece_bytes: int = 1 << 20

    def need(self, key: str) -> Any:
        if not any(key == name or key.startswith(f"{name}.") for name in STAGE.needs):
            raise KeyError(key)
        return part_of(self.cycle, key)

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.need(key), key)

    def reads(self, name: str) -> Path:
        return self.root / STAGE.reads[STAGE.reads.index(name)]

    def writes(self, name: str) -> Path:
        return self.root / STAGE.writes[STAGE.writes.index(name)]

    def model(self, digest: str) -> Path:
        return self.root / digest

    def trainer(self, name: str) -> Trainer:
        def open_model(folder: Path) -> LetterCounter:
            assert (name, folder) == ("letters", self.root / START["digest"])
            return LetterCounter()

        return Trainer(
            name=name, found=lambda *_: None, train=lambda _: None, open=open_model, counter=lambda f: open_model(f).count_tokens
        )  # type: ignore[arg-type,return-value]

    def scratch(self) -> Path:
        return self.root

    def executor(self) -> Executor:
        return HereExecutor(batch_rows=16, piece_bytes=self.piece_bytes)

    def kernels(self, texts: int) -> Kernels:
        return NUMPY

    def progress(self, title: str) -> Callable[[int, int, str], None]:
        return lambda done, total, words: None


def rows(prefix: str, first: int, count: int, **more: Any) -> pl.DataFrame:
    records = [{"row_id": f"{prefix}-{n}", "text": text_of(first + n, 30), "origin": "human", **more} for n in range(count)]
    return rows_frame(records, "x")


@pytest.fixture
def desk(tmp_path: Path) -> TableDesk:
    (tmp_path / "shards").mkdir()
    for name, first in (("anchors", 1000), ("tail", 2000), ("human", 3000)):
        rows(name, first, 10).write_parquet(tmp_path / SHARDS[name])
    pl.DataFrame({"prompt_id": ["p"], "text": [text_of(4000, 9)], "slice": ["s"]}).write_parquet(tmp_path / SHARDS["prompts"])
    machine = rows("model", 500, 60, origin="model", generator="writer")
    leaked = rows("leak", 2003, 1)
    pl.concat([rows("fresh", 0, 40), machine, leaked]).write_parquet(tmp_path / "admitted.parquet")
    passed = {"row_id": [f"model-{n}" for n in range(60)], "depth": [2] * 60, "passages": [1500] * 60}
    pl.DataFrame(passed, schema=PASSED_SCHEMA).write_parquet(tmp_path / "descent.parquet")
    write_document(tmp_path / "laundering.json", {"stops": False})
    nothing_earlier().write_parquet(tmp_path / "earlier.parquet")
    nothing_known().write_parquet(tmp_path / "known.parquet")
    nothing_withdrawn().write_parquet(tmp_path / "withdrawn.parquet")
    no_relabels().write_parquet(tmp_path / "relabels.parquet")
    BENCHMARKS_SCHEMA.to_frame().write_parquet(tmp_path / "benchmarks.parquet")
    cycle = {
        "earlier": {"sha256": digest_file(tmp_path / "earlier.parquet")},
        "known": {"sha256": digest_file(tmp_path / "known.parquet")},
        "recalled": [],
        "withdrawn": {"sha256": digest_file(tmp_path / "withdrawn.parquet")},
        "relabels": {"sha256": digest_file(tmp_path / "relabels.parquet")},
        "benchmarks": {"sha256": digest_file(tmp_path / "benchmarks.parquet"), "not_named": []},
        "kind": "retraining",
        "model": "student",
        "start": START,
        "teachers": {},
        "shards": {name: digest_file(tmp_path / path) for name, path in SHARDS.items()},
        "policy": {"mixing": {}, "selection": {}, "training": {"trainer": "letters"}},
        "seed": 7,
    }
    return TableDesk(root=tmp_path, cycle=cycle)


def test_the_stage_writes_a_mix_within_its_limits_and_a_reason_for_the_rest(desk: TableDesk) -> None:
    STAGE.work(desk)
    selected, dropped = (pl.read_parquet(desk.root / name) for name in ("mix.parquet", "dropped.parquet"))
    document = read_document(desk.root / "mix.json")
    assert document["root"] == mix_root([selected])
    synthetic = document["tokens"]["synthetic"]
    assert (document["depth"], document["passages"], document["authors"]) == (2, 1500 * synthetic, {"writer/unknown": synthetic})
    assert dropped.filter(pl.col("row_id") == "leak-0")["rule"].to_list() == ["overlaps-tail"]
    assert selected.filter(pl.col("role") != "anchor").height + dropped.height == 101
    assert document["anchor_passes"] >= document["anchor_repeats"] * document["epochs"]
    assert selected["tokens"].to_list() == selected["text"].str.len_chars().to_list()


def test_the_stage_writes_the_same_rows_as_a_plan_in_memory_however_small_its_pieces_are(desk: TableDesk) -> None:
    admitted, anchors = (
        frame.with_columns(pl.col("text").str.len_chars().cast(pl.Int64).alias("tokens"))
        for frame in (pl.read_parquet(desk.root / "admitted.parquet"), pl.read_parquet(desk.root / SHARDS["anchors"]))
    )
    references = {name: pl.read_parquet(desk.root / SHARDS[name]) for name in ("tail", "human", "prompts")}
    wanted = plan(admitted, anchors, MixRules(), references=references)
    for piece_bytes in (1_000, 4_000, 1 << 20):
        desk.piece_bytes = piece_bytes
        STAGE.work(desk)
        assert pl.read_parquet(desk.root / "mix.parquet").equals(wanted.selected)
        assert pl.read_parquet(desk.root / "dropped.parquet").equals(wanted.dropped)
        assert pl.read_parquet(desk.root / "flagged.parquet").equals(wanted.flagged)
        document = read_document(desk.root / "mix.json")
        assert {name: document[name] for name in wanted.document} == json.loads(json.dumps(wanted.document))
    assert not list(desk.root.glob("mix-*"))
    assert not list(desk.root.glob("words-*"))


def test_hybrids_prove_what_they_prove_in_memory(desk: TableDesk) -> None:
    desk.cycle["policy"]["mixing"] = {"hybrid_weight": "proven"}
    draft, parent = text_of(7000, 40), text_of(7001, 40)
    more = rows("draft", 9000, 1, origin="model", generator="writer").with_columns(text=pl.lit(draft), sha256=pl.lit(digest_text(draft)))
    human = rows("parent", 9001, 1).with_columns(text=pl.lit(parent), sha256=pl.lit(digest_text(parent)))
    edited = " ".join([*draft.split()[:20], *parent.split()[:20]])
    made = {"origin": "hybrid", "generator": "writer", "parent_ids": ["draft-0", "parent-0"]}
    hybrid = rows("edited", 9002, 1, **made).with_columns(text=pl.lit(edited), sha256=pl.lit(digest_text(edited)))
    path = desk.root / "admitted.parquet"
    admitted = pl.concat([pl.read_parquet(path), more, human, hybrid])
    admitted.write_parquet(path)
    pooled = weighed_rows(path, MixRules(hybrid_weight="proven"))
    assert set(pooled["row_id"]) == {"draft-0", "parent-0", "edited-0"}
    assert weighed_rows(path, MixRules()).is_empty()
    weights = [Weights.of(rows, MixRules(hybrid_weight="proven"), []).weighed(admitted) for rows in (pooled, admitted)]
    assert weights[0].equals(weights[1])
    assert weights[0].filter(pl.col("row_id") == "edited-0")["basis"].to_list() == ["floor"]


def test_the_stage_writes_the_same_bytes_again(desk: TableDesk) -> None:
    STAGE.work(desk)
    first = [digest_file(desk.root / name) for name in STAGE.writes]
    STAGE.work(desk)
    assert [digest_file(desk.root / name) for name in STAGE.writes] == first


def test_a_batch_that_the_audit_of_declared_origins_stops_is_not_mixed(desk: TableDesk) -> None:
    said = {"stops": True, "reason": "slice news: at least 31 % [24 %] were written by a model", "limit_percent": 10}
    write_document(desk.root / "laundering.json", said)
    with pytest.raises(RefusedError, match=r"slice news: at least 31 % \[24 %\]"):
        STAGE.work(desk)
    assert not (desk.root / "mix.json").exists()


@pytest.mark.parametrize("limits", [{"max_depth": 1}, {"effective_cap_percent": 30}])
def test_a_mix_that_is_too_deep_is_refused_and_no_plan_is_written(desk: TableDesk, limits: dict[str, int]) -> None:
    desk.cycle["policy"]["mixing"] = limits
    with pytest.raises(RefusedError, match=f"policy.mixing.{next(iter(limits))}"):
        STAGE.work(desk)
    assert not (desk.root / "mix.json").exists()


@pytest.mark.parametrize("name", list(SHARDS))
def test_an_altered_shard_is_refused_by_name(desk: TableDesk, name: str) -> None:
    path = desk.root / SHARDS[name]
    pl.read_parquet(path).head(0).write_parquet(path)
    with pytest.raises(IntegrityError, match=f"shard {name} is"):
        STAGE.work(desk)


def test_a_row_that_holds_a_benchmark_is_left_out_and_benchmarks_that_moved_stop_the_stage(desk: TableDesk) -> None:
    path = desk.root / "benchmarks.parquet"
    pl.DataFrame({"benchmark": ["exam"], "line": [7], "text": [text_of(3, 30)]}, schema=BENCHMARKS_SCHEMA).write_parquet(path)
    with pytest.raises(IntegrityError, match=r"benchmarks\.parquet: is"):
        STAGE.work(desk)
    desk.cycle["benchmarks"] = {"sha256": digest_file(path), "not_named": ["old"]}
    STAGE.work(desk)
    dropped = pl.read_parquet(desk.root / "dropped.parquet").filter(pl.col("rule") == "overlaps-benchmark")
    assert dropped.select("row_id", "detail").rows() == [("fresh-3", "a run of 13 words as in exam line 7")]
    assert read_document(desk.root / "mix.json")["benchmarks"]["not_named"] == ["old"]


def test_a_row_with_every_tenth_word_exchanged_leaves_where_policy_asks_for_the_embedding(desk: TableDesk) -> None:
    edited = " ".join("another" if place % 10 == 4 else word for place, word in enumerate(text_of(7, 30).split()))
    path = desk.root / "admitted.parquet"
    copy = rows("copy", 9000, 1).with_columns(text=pl.lit(edited), sha256=pl.lit(digest_text(edited)))
    pl.concat([copy, pl.read_parquet(path)]).write_parquet(path)
    desk.cycle["policy"]["mixing"] = {"embedding_cosine_percent": 90}
    STAGE.work(desk)
    dropped = pl.read_parquet(desk.root / "dropped.parquet").filter(pl.col("rule") == "embedding-duplicate")
    assert dropped["row_id"].to_list() == ["fresh-7"]
    assert dropped["detail"][0].endswith("with copy-0")


def test_a_teacher_that_is_the_student_is_refused(desk: TableDesk) -> None:
    desk.cycle["teachers"] = {"tutor": START["digest"]}
    with pytest.raises(RefusedError, match="teacher tutor descends from a student"):
        STAGE.work(desk)
    assert not (desk.root / "mix.json").exists()


def test_rows_of_earlier_cycles_come_back_with_what_they_have_been_through(desk: TableDesk) -> None:
    human, model = rows("old", 6000, 30), rows("echo", 6500, 5, origin="model", generator="writer")
    deep = [
        frame.with_columns(cycle=pl.lit(2), depth=pl.lit(depth), passages=pl.lit(1000 * depth)) for frame, depth in ((human, 0), (model, 4))
    ]
    pl.concat(deep).select(EARLIER_SCHEMA.names()).cast(EARLIER_SCHEMA).write_parquet(desk.root / "earlier.parquet")
    desk.cycle["earlier"] = {"sha256": digest_file(desk.root / "earlier.parquet")}
    desk.cycle["policy"]["mixing"] = {"regime": "accumulate"}
    STAGE.work(desk)
    document = read_document(desk.root / "mix.json")
    selected = pl.read_parquet(desk.root / "mix.parquet")
    assert {f"old-{n}" for n in range(30)} <= set(selected["row_id"])
    assert document["earlier"]["2"]["human"] == selected.filter(pl.col("row_id").str.starts_with("old-"))["tokens"].sum()
    assert document["fresh"]["human"] + document["earlier"]["2"]["human"] == document["tokens"]["human"]
    assert document["depth"] == (4 if selected["row_id"].str.starts_with("echo-").any() else 2)
    (desk.root / "earlier.parquet").write_bytes(b"other")
    with pytest.raises(IntegrityError, match=r"earlier.parquet: is"):
        STAGE.work(desk)


def test_the_stage_bars_a_recalled_release_in_the_batch_in_kept_rows_and_behind_parents_from_an_earlier_batch(desk: TableDesk) -> None:
    theirs = {"origin": "model", "generator": "student", "generator_version": "14"}
    kept = rows("kept", 8000, 1, **theirs).with_columns(cycle=pl.lit(1), depth=pl.lit(1), passages=pl.lit(1000))
    kept.select(EARLIER_SCHEMA.names()).cast(EARLIER_SCHEMA).write_parquet(desk.root / "earlier.parquet")
    memory = {"row_id": "older", "sha256": "", **theirs, "depth": 1, "passages": 1000, "cycle": 1}
    pl.DataFrame([memory], schema=MEMORY_SCHEMA).write_parquet(desk.root / "known.parquet")
    made = rows("made", 8100, 1, origin="model", generator="writer", parent_ids=["older"])
    path = desk.root / "admitted.parquet"
    pl.concat([pl.read_parquet(path), rows("theirs", 8200, 1, **theirs), made]).write_parquet(path)
    for name in ("earlier", "known"):
        desk.cycle[name] = {"sha256": digest_file(desk.root / f"{name}.parquet")}
    desk.cycle["recalled"] = [{"version": 14, "digest": "c" * 64, "seq": 431, "names": [["student", "14"]]}]
    desk.cycle["policy"]["mixing"] = {"self_generated": "admit", "regime": "accumulate"}
    STAGE.work(desk)
    dropped = pl.read_parquet(desk.root / "dropped.parquet").filter(pl.col("rule") == "recalled")
    assert sorted(dropped["row_id"]) == ["kept-0", "made-0", "theirs-0"]
    assert read_document(desk.root / "mix.json")["recalled"][0]["rows"] == 3
    desk.cycle["known"] = {"sha256": "0" * 64}
    with pytest.raises(IntegrityError, match=r"known\.parquet: is"):
        STAGE.work(desk)


def test_a_withdrawn_row_is_in_no_mix_even_where_it_is_a_pinned_anchor(desk: TableDesk) -> None:
    STAGE.work(desk)
    assert {"fresh-3", "anchors-4"} <= set(pl.read_parquet(desk.root / "mix.parquet")["row_id"])
    ids = ["fresh-3", "anchors-4"]
    path = desk.root / "withdrawn.parquet"
    pl.DataFrame({"row_id": ids, "sha256": ["0" * 64] * 2, "seq": [9, 9]}, schema=WITHDRAWN_SCHEMA).write_parquet(path)
    with pytest.raises(IntegrityError, match=r"withdrawn\.parquet: is"):
        STAGE.work(desk)
    desk.cycle["withdrawn"] = {"sha256": digest_file(path)}
    STAGE.work(desk)
    selected, dropped = (pl.read_parquet(desk.root / name) for name in ("mix.parquet", "dropped.parquet"))
    assert not set(ids) & set(selected["row_id"])
    assert dropped.filter(pl.col("rule") == "withdrawn")["row_id"].to_list() == ["fresh-3"]
    for text, sha256 in selected.filter(pl.col("role") == "anchor").select("text", "sha256").iter_rows():
        assert digest_text(text) == sha256
