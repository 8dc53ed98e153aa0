"""The local generator: a checkpoint that is held here goes on from openings; and how such a teacher is made."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from governance.adapters.synthetic_rows import refuse_others
from governance.digest import Manifest
from governance.ports.generator import Author, Generator, Request
from governance.ports.language_model import Decoding
from governance.ports.trainer import Trainer, TrainingJob
from governance.training.recipe import Recipe


def write(author: Author, requests: Sequence[Request], decoding: Decoding) -> Iterator[Mapping[str, str]]:
    """All drafts in one piece, a function of (weights, requests, decoding) alone."""
    texts = author.model.sample([request.opening for request in requests], decoding)
    yield {request.row_id: text for request, text in zip(requests, texts, strict=True)}


def make_teacher(
    trainer: Trainer, rows: pl.DataFrame, recipe: Recipe, *, seed: int, folder: Path, progress: Callable[[int, int, float], None]
) -> str:
    """A frozen, human-only model in `folder`, founded and trained through the trainer's own port; returns its manifest digest.

    A folder that is there already is the teacher and is not trained again. It appears whole or not at all, and takes nothing from any
    student: its vocabulary and first weights come from these rows, and it is trained as a founding student is.

    Raises: RefusedError naming rows that are not human.
    """
    refuse_others(rows)
    if folder.is_dir():
        return Manifest.of(folder).digest
    scratch = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    ordered = rows.sort("row_id")
    trainer.found(ordered["text"].to_list(), recipe, seed, scratch / "start")
    tokens = list(trainer.counter(scratch / "start")(ordered["text"].to_list()))
    ordered.with_columns(
        pl.lit("human").alias("role"), pl.Series("tokens", tokens, dtype=pl.Int64), pl.lit(0, dtype=pl.Int32).alias("shard")
    ).write_parquet(scratch / "mix.parquet")
    founding = replace(recipe, epochs=recipe.founding_epochs, learning_rate=recipe.founding_learning_rate)
    trainer.train(_job(scratch, founding, seed, progress))
    (scratch / "checkpoint").rename(folder)
    shutil.rmtree(scratch)
    return Manifest.of(folder).digest


def _job(scratch: Path, recipe: Recipe, seed: int, progress: Callable[[int, int, float], None]) -> TrainingJob:
    (scratch / "state").mkdir()
    return TrainingJob(
        start=scratch / "start",
        rows=scratch / "mix.parquet",
        scratch=scratch / "state",
        checkpoint=scratch / "checkpoint",
        batch_log=scratch / "batches.parquet",
        recipe=recipe,
        seed=seed,
        anchor_percent=0,
        synthetic_cap_percent=0,
        progress=progress,
    )


GENERATOR = Generator(name="local", write=write)
