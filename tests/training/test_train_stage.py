"""The train stage writes what documents.md says, founds where nothing was trained before, and stops at a log that broke a cap."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from governance.adapters.trainers.ngram import TRAINER
from governance.digest import Manifest, digest_file, read_document, write_document
from governance.errors import IntegrityError
from governance.ports.trainer import Trainer, TrainingCurve, TrainingJob
from governance.section import read_section
from governance.stages.train import STAGE
from governance.training.batch_log import Recorded
from governance.training.founding import recipe_for
from governance.training.lineage import Lineage, Start
from governance.training.recipe import Recipe
from tests.training.batch_logs import chained_anew

RECIPE = {"epochs": 1, "founding_epochs": 3, "batch_blocks": 8, "block_tokens": 8, "vocabulary": 300}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDesk:
    """A desk over one folder; refuses what the stage did not declare."""

    folder: Path
    start: dict[str, Any]
    cap: int = 35
    trainer_used: Trainer = TRAINER
    told: list[str] = field(default_factory=list)

    def need(self, key: str) -> Any:
        assert key in STAGE.needs
        recipe = {"trainer": "ngram", "recipe": RECIPE}
        return {
            "start": self.start,
            "policy.training": recipe,
            "policy.mixing": {"anchor_percent": 15, "synthetic_cap_percent": self.cap},
            "seed": 7,
            "teachers": {"tutor": "e" * 64},
        }[key]

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.need(key), key)

    def reads(self, name: str) -> Path:
        assert name in STAGE.reads
        return self.folder / name

    def writes(self, name: str) -> Path:
        assert name in STAGE.writes
        return self.folder / name

    def scratch(self) -> Path:
        return self.folder

    def model(self, digest: str) -> Path:
        return self.folder / digest[:16]

    def trainer(self, name: str) -> Trainer:
        assert name == "ngram"
        return self.trainer_used

    def batch_door(self) -> Any:
        raise AssertionError("train admits no batch")

    def progress(self, title: str) -> Callable[[int, int, str], None]:
        return lambda done, total, words: self.told.append(f"{title} {done}/{total} {words}")


@pytest.fixture
def desk(tmp_path: Path) -> TableDesk:
    """A mix of two shards and a founded start beside it."""
    texts = [f"the {n} herons keep {n % 7} ledgers by hand" for n in range(60)]
    roles = ["anchor" if n % 6 == 0 else "synthetic" if n % 6 == 1 else "human" for n in range(60)]
    frame = pl.DataFrame({"row_id": [f"r{n}" for n in range(60)], "text": texts, "role": roles, "shard": [n // 30 for n in range(60)]})
    write_document(
        tmp_path / "mix.json", {"root": "d" * 64, "depth": 2, "passages": 150_000, "tokens": {"anchor": 80, "human": 320, "synthetic": 80}}
    )
    TRAINER.found(texts, Recipe(vocabulary=300), 7, tmp_path / "founded")
    tokens = pl.Series("tokens", TRAINER.open(tmp_path / "founded").count_tokens(texts), dtype=pl.Int64)
    origin = pl.when(pl.col("role") == "synthetic").then(pl.lit("model")).otherwise(pl.lit("human"))
    frame = frame.with_columns(pl.col("shard").cast(pl.Int32), tokens, origin=origin, slice=pl.lit("all"), task=pl.lit("none"))
    counted = pl.when(pl.col("role") == "synthetic").then("tokens").otherwise(0)
    frame.with_columns(counted=counted).write_parquet(tmp_path / "mix.parquet")
    digest = Manifest.of(tmp_path / "founded").digest
    (tmp_path / "founded").rename(tmp_path / digest[:16])
    start = {"digest": digest, "version": None, "synthetic_tokens": 0, "total_tokens": 0, "depth": 0}
    return TableDesk(folder=tmp_path, start=start)


def test_it_writes_a_lineage_that_adds_up_with_the_log(desk: TableDesk) -> None:
    STAGE.work(desk)
    log = pl.read_parquet(desk.folder / "batches.parquet")
    lineage = Lineage.from_document(read_document(desk.folder / "lineage.json"))
    assert lineage.checkpoint == Manifest.of(desk.folder / "checkpoint").digest
    assert lineage.start == desk.start["digest"]
    assert lineage.trained_tokens == {role: log[f"{role}_tokens"].sum() for role in ("anchor", "human", "synthetic")}
    assert lineage.synthetic_tokens == lineage.trained_tokens["synthetic"] > 0
    assert lineage.batch_log == Recorded.of(log, digest_file(desk.folder / "mix.parquet"))
    assert lineage.teachers == {"tutor": "e" * 64}
    assert lineage.passages == -(-150_000 * lineage.synthetic_tokens // 80)
    assert (lineage.depth, lineage.mix_root, lineage.seed) == (2, "d" * 64, 7)
    assert any(words.startswith("train ") and "nats per token" in words for words in desk.told)


def test_training_json_says_neither_when_nor_whether_it_was_resumed(desk: TableDesk) -> None:
    STAGE.work(desk)
    document = read_document(desk.folder / "training.json")
    assert set(document) == {"schema", "steps", "losses", "learning_rates", "gradient_norms"}
    assert document["schema"] == "heirloom/training/1"


def test_a_start_that_has_seen_nothing_is_founded_and_any_other_is_fine_tuned(desk: TableDesk) -> None:
    STAGE.work(desk)
    assert read_document(desk.folder / "lineage.json")["recipe"]["epochs"] == 3
    STAGE.work(replace(desk, start={**desk.start, "total_tokens": 100, "synthetic_tokens": 9, "depth": 4}))
    document = read_document(desk.folder / "lineage.json")
    assert document["recipe"]["epochs"] == 1
    assert document["depth"] == 4
    assert document["total_tokens"] == 100 + sum(document["trained_tokens"].values())


def test_the_founding_recipe_changes_epochs_and_learning_rate_only() -> None:
    recipe = Recipe(epochs=1, founding_epochs=9, learning_rate=0.001, founding_learning_rate=0.01)
    assert recipe_for(recipe, Start(digest="a", total_tokens=5)) == recipe
    assert recipe_for(recipe, Start(digest="a")) == replace(recipe, epochs=9, learning_rate=0.01)


def test_a_trainer_that_breaks_the_cap_leaves_no_lineage(desk: TableDesk) -> None:
    def cheat(job: TrainingJob) -> TrainingCurve:
        return TRAINER.train(replace(job, synthetic_cap_percent=90))

    with pytest.raises(IntegrityError, match="more than 1 % synthetic"):
        STAGE.work(replace(desk, cap=1, trainer_used=replace(TRAINER, train=cheat)))
    assert not (desk.folder / "lineage.json").exists()


def test_a_trainer_that_lies_about_its_batches_leaves_no_lineage(desk: TableDesk) -> None:
    """Its chain is whole and its sums keep the caps: only the rows tell."""

    def lie(job: TrainingJob) -> TrainingCurve:
        curve = TRAINER.train(job)
        log = pl.read_parquet(job.batch_log)
        told = log.with_columns(
            synthetic_tokens=pl.lit(0, dtype=pl.Int64), human_tokens=pl.col("human_tokens") + pl.col("synthetic_tokens")
        )
        chained_anew(told, digest_file(job.rows)).write_parquet(job.batch_log)
        return curve

    with pytest.raises(IntegrityError, match="token counts are not those of their rows"):
        STAGE.work(replace(desk, trainer_used=replace(TRAINER, train=lie)))
    assert not (desk.folder / "lineage.json").exists()
