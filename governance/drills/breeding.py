"""Generations of real models: each is trained by the workspace's trainer on rows that a fault chose, and writes for the next one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from governance.collapse.intervals import generator
from governance.digest import Manifest, digest_document, write_document
from governance.drills.shelf import Shelf
from governance.ports.language_model import Decoding, LanguageModel, Score, Span
from governance.ports.trainer import Trainer, TrainingJob
from governance.training.blocks import ANCHOR, HUMAN, ROLES, SYNTHETIC
from governance.training.lineage import worst_shard
from governance.training.recipe import Recipe

OPENING_WORDS = 3
"""Words of a human row that a written one opens with."""
MOST_ROUNDS = 4
"""Times that the openings are gone through to fill a set: a model that stops at once fills none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much a drill breeds on: rows of fresh human text and of anchors, and the longest text that a model writes for the next one."""

    rows: int
    anchors: int
    anchor_percent: int
    synthetic_cap_percent: int
    text_tokens: int = 128


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Generation:
    """One trained model in its own folder, which is a cycle's: checkpoint/, mix.parquet, mix.json, lineage.json."""

    number: int
    folder: Path
    digest: str
    rows: pl.DataFrame

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint"


@dataclass(slots=True)
class Remembering:
    """A model that is asked the same question once: champion and baseline of many trials are one model."""

    model: LanguageModel
    scores: dict[tuple[str, tuple[Span, ...]], Score] = field(default_factory=dict)
    samples: dict[tuple[tuple[str, ...], Decoding], Sequence[str]] = field(default_factory=dict)

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        asked = list(zip(texts, map(tuple, words), strict=True)) if words else [(text, ()) for text in texts]
        new = [question for question in dict.fromkeys(asked) if question not in self.scores]
        spans = [question[1] for question in new] if words else ()
        self.scores.update(zip(new, self.model.score([text for text, _ in new], spans), strict=True))
        return [self.scores[question] for question in asked]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        key = (tuple(prompts), decoding)
        if key not in self.samples:
            self.samples[key] = self.model.sample(prompts, decoding)
        return self.samples[key]

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return self.model.count_tokens(texts)


@dataclass(frozen=True, kw_only=True, eq=False)
class Breeder:
    """Breeds the generations of one seed. `onward` trains each from the one before it, else all are trained afresh from `start`."""

    trainer: Trainer
    recipe: Recipe
    shelf: Shelf
    size: Size
    seed: int
    root: Path
    start: Path
    onward: bool = False
    opened: dict[str, Remembering] = field(default_factory=dict)

    @cached_property
    def founded(self) -> Generation:
        """Generation 0: anchors and human text. It is the baseline of every course."""
        return self.train(self.root / "generation-0", 0, [*self.anchors(), self.human(0)], self.start)

    @cached_property
    def teacher(self) -> Generation:
        """A frozen model of human text alone, of other rows than generation 0 drew, and outside every course."""
        return self.train(self.root / "teacher", 0, [*self.anchors(), self.human(0, "teacher")], self.start)

    def champion(self, recipe: Recipe) -> Generation:
        """A model of anchors and half of the pool, by a recipe of its own, for retrainings that all begin with the same one."""
        human = self.human(0, "champion", self.shelf.pool.height // 2)
        return replace(self, recipe=recipe).train(self.root / "champion", 0, [*self.anchors(), human], self.start)

    def anchors(self) -> list[pl.DataFrame]:
        return [_with_role(self.shelf.anchors.head(self.size.anchors), ANCHOR)]

    def human(self, cycle: int, purpose: str = "fresh", rows: int | None = None) -> pl.DataFrame:
        """Fresh human rows of one cycle, the same for every course of this seed."""
        return _with_role(self.shelf.drawn(rows or self.size.rows, self.seed, f"{purpose} {cycle}"), HUMAN)

    def written(self, author: Generation, like: pl.DataFrame, decoding: Decoding, *, role: str = HUMAN) -> pl.DataFrame:
        """As many tokens as `like` holds, written by a model that opens as those rows do.

        The role is that of human rows unless it is said: the lie that provenance cannot see and the gate must.
        """
        model = self.open(author)
        budget, found, held = sum(model.count_tokens(like["text"].to_list())), [], 0
        openings = [" ".join(text.split()[:OPENING_WORDS]) for text in like["text"]]
        for turn in range(MOST_ROUNDS):
            asked = replace(decoding, seed=self._number(f"{author.digest} {turn}"), max_new_tokens=self.size.text_tokens)
            texts = [f"{opening}{text}" for opening, text in zip(openings, model.model.sample(openings, asked), strict=True)]
            found.append(_as_written(like, texts, author, turn).with_columns(pl.lit(role).alias("role")))
            held += sum(model.count_tokens(texts))
            if held >= budget:
                break
        return _opening(pl.concat(found), model, budget)

    def breed(self, course: str, past: Sequence[Generation], rows: Sequence[pl.DataFrame], cap_percent: int | None = None) -> Generation:
        """The next generation of a course."""
        start = past[-1].checkpoint if self.onward else self.start
        return self.train(self.root / course / f"generation-{len(past)}", len(past), rows, start, cap_percent)

    def train(self, folder: Path, number: int, rows: Sequence[pl.DataFrame], start: Path, cap_percent: int | None = None) -> Generation:
        """Train on rows as they are, under the policy's cap or another; what they hold is written down as mix and train stage would."""
        (folder / "scratch").mkdir(parents=True)
        mix = pl.concat(rows).with_columns(pl.lit(0, dtype=pl.Int32).alias("shard"))
        mix.write_parquet(folder / "mix.parquet")
        has_anchors = bool((mix["role"] == ANCHOR).any())
        job = TrainingJob(
            start=start,
            rows=folder / "mix.parquet",
            scratch=folder / "scratch",
            checkpoint=folder / "checkpoint",
            batch_log=folder / "batches.parquet",
            recipe=self.recipe,
            seed=self._number(f"training {folder.parent.name} {number}"),
            anchor_percent=self.size.anchor_percent if has_anchors else 0,
            synthetic_cap_percent=cap_percent or self.size.synthetic_cap_percent,
            progress=lambda _done, _total, _loss: None,
        )
        self.trainer.train(job)
        self._document(folder, mix, pl.read_parquet(job.batch_log))
        return Generation(number=number, folder=folder, digest=Manifest.of(job.checkpoint).digest, rows=mix.drop("shard"))

    def open(self, generation: Generation) -> Remembering:
        """The model of a generation; it is loaded once."""
        if generation.digest not in self.opened:
            self.opened[generation.digest] = Remembering(self.trainer.open(generation.checkpoint))
        return self.opened[generation.digest]

    def _number(self, purpose: str) -> int:
        return int(generator(self.seed, f"drill {purpose}").integers(2**31))

    def _document(self, folder: Path, mix: pl.DataFrame, log: pl.DataFrame) -> None:
        """mix.json and lineage.json, in what the gate reads of them."""
        trained = {role: int(log[f"{role}_tokens"].sum()) for role in ROLES}
        worst = worst_shard(log)
        plan = {"tokens": trained, "shards": [{"shard": 0, **trained}], "synthetic_cap_percent": self.size.synthetic_cap_percent}
        lineage: dict[str, Any] = {
            "trained_tokens": trained,
            "worst_shard_synthetic": {"synthetic": worst.synthetic, "total": worst.total},
            "synthetic_tokens": trained[SYNTHETIC],
            "total_tokens": sum(trained.values()),
        }
        write_document(folder / "mix.json", {**plan, "root": digest_document(mix["row_id"].to_list())})
        write_document(folder / "lineage.json", lineage)


def _with_role(rows: pl.DataFrame, role: str) -> pl.DataFrame:
    return rows.select("row_id", "text", "slice", pl.lit(role).alias("role"))


def _as_written(like: pl.DataFrame, texts: Sequence[str], author: Generation, turn: int) -> pl.DataFrame:
    ids = [f"drill-{author.digest[:8]}-{turn}-{place}" for place in range(len(texts))]
    return pl.DataFrame({"row_id": ids, "text": list(texts), "slice": like["slice"]})


def _opening(rows: pl.DataFrame, model: Remembering, budget: int) -> pl.DataFrame:
    """The first rows that hold so many tokens together; a text of no words is no row."""
    rows = rows.filter(pl.col("text").str.strip_chars().str.len_bytes() > 0)
    before = pl.Series(model.count_tokens(rows["text"].to_list()), dtype=pl.Int64).cum_sum().shift(1, fill_value=0)
    return rows.filter(before < budget)
