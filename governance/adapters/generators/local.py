"""The local generator: a checkpoint writes rows, alone or mixed with sentences of a human parent; and how a teacher is made."""

import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from governance.digest import Manifest
from governance.errors import IntegrityError, RefusedError
from governance.ports.generator import Author, Generator, Progress, Request
from governance.ports.language_model import Decoding
from governance.ports.rows import rows_frame
from governance.ports.trainer import Trainer, TrainingJob
from governance.provenance.row import Origin
from governance.training.recipe import Recipe

CHUNK_REQUESTS = 128
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n{2,}")


def write_rows(author: Author, requests: Sequence[Request], decoding: Decoding, progress: Progress) -> pl.DataFrame:
    """One row per request, in order. Text = opening + the model's continuation; a hybrid then gets its share of the parent's sentences.

    A function of (weights, requests, decoding) alone. Temperature 1 with top_p 1 is the honest decoding (SCIENCE section 4): the caller
    warns about and records a sharpened one.
    """
    rows: list[dict[str, object]] = []
    for start in range(0, len(requests), CHUNK_REQUESTS):
        chunk = requests[start : start + CHUNK_REQUESTS]
        with_seed = Decoding(
            temperature=decoding.temperature,
            top_p=decoding.top_p,
            max_new_tokens=decoding.max_new_tokens,
            seed=_number(f"{decoding.seed}", f"chunk {start}") % 2**31,
        )
        texts = author.model.sample([request.opening for request in chunk], with_seed)
        rows += [_row(author, request, f"{request.opening}{text}", decoding.seed) for request, text in zip(chunk, texts, strict=True)]
        progress(len(rows), len(requests), f"rows written by {author.name}")
    return rows_frame(rows, f"{author.name}-{author.version}")


def requests_for(
    rows: pl.DataFrame, *, prefix: str, count: int, hybrids: int, human_percent: int = 35, opening_words: int = 4, seed: int
) -> list[Request]:
    """What to ask, opening like human rows chosen by seeded hash: `hybrids` of them with `human_percent` of the human sentences mixed in.

    Row ids are `prefix-1` and so on. The human rows are the parents that each row names. Give rows that the student may see: a parent
    from a pinned shard would leak it.

    Raises: RefusedError where a parent is not human; IntegrityError where there are no parents.
    """
    _refuse_others(rows)
    if rows.is_empty():
        raise IntegrityError("no human rows to take openings from", where="synthetic requests")
    parents = sorted(rows.iter_rows(named=True), key=lambda row: _number(str(seed), row["row_id"]))
    return [
        Request(
            row_id=f"{prefix}-{number + 1}",
            opening=_opening(parent["text"], opening_words),
            slice=parent["slice"],
            task=parent["task"],
            parent_id=parent["row_id"],
            parent_text=parent["text"],
            human_percent=human_percent if number < hybrids else 0,
        )
        for number, parent in ((n, parents[n % len(parents)]) for n in range(count))
    ]


def hybrid_text(draft: str, parent: str, human_percent: int, seed: int) -> str:
    """A draft in which a share of the sentences, at least one and never the first, is replaced by sentences of the human parent.

    The places are drawn from a seeded Philox stream; a draft of one sentence gets a human sentence behind it.
    """
    drafted, human = _sentences(draft), _sentences(parent)
    if len(drafted) < 2:
        return f"{draft.strip()} {human[-1]}"
    replaced = min(max(1, round(len(drafted) * human_percent / 100)), len(drafted) - 1)
    generator = np.random.Generator(np.random.Philox(seed))
    for place in sorted(generator.permutation(np.arange(1, len(drafted)))[:replaced].tolist()):
        drafted[place] = human[place % len(human)]
    return " ".join(drafted)


def make_teacher(
    trainer: Trainer, rows: pl.DataFrame, recipe: Recipe, *, seed: int, folder: Path, progress: Callable[[int, int, float], None]
) -> str:
    """A frozen, human-only model in `folder`, founded and trained through the trainer's own port; returns its manifest digest.

    A folder that is there already is the teacher and is not trained again. It appears whole or not at all, and takes nothing from any
    student: its vocabulary and first weights come from these rows, and it is trained as a founding student is.

    Raises: RefusedError naming rows that are not human.
    """
    _refuse_others(rows)
    if folder.is_dir():
        return Manifest.of(folder).digest
    scratch = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    ordered = rows.sort("row_id")
    trainer.found(ordered["text"].to_list(), recipe, seed, scratch / "start")
    tokens = list(trainer.open(scratch / "start").count_tokens(ordered["text"].to_list()))
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


def _row(author: Author, request: Request, draft: str, seed: int) -> dict[str, object]:
    hybrid = request.human_percent > 0
    place = _number(str(seed), request.row_id)
    text = hybrid_text(draft, request.parent_text, request.human_percent, place) if hybrid else draft
    return {
        "row_id": request.row_id,
        "text": text.strip(),
        "origin": (Origin.HYBRID if hybrid else Origin.MODEL).value,
        "generator": author.name,
        "generator_version": author.version,
        "parent_ids": [request.parent_id] if request.parent_id else [],
        "source_tier": "generator",
        "slice": request.slice,
        "task": request.task,
    }


def _refuse_others(rows: pl.DataFrame) -> None:
    others = rows.filter(pl.col("origin") != Origin.HUMAN.value)["row_id"]
    if len(others):
        raise RefusedError(
            f"{len(others)} rows are not human", where="teacher's text", expected="human rows only", examples=others.to_list()
        )


def _opening(text: str, words: int) -> str:
    return " ".join(text.split()[:words])


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in SENTENCE_END.split(text.strip()) if sentence.strip()] or [text.strip()]


def _number(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")


GENERATOR = Generator(name="local", write=write_rows)
