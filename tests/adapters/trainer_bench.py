"""A workbench for trainers: sentences of a small grammar, a mix of them, and a job over it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from governance.ports.trainer import TrainingJob
from governance.training.recipe import Recipe

NOUNS = ("heron", "ledger", "orchard", "signal", "window", "teacher", "river", "engine", "lantern", "margin", "archive", "seed")
VERBS = ("keeps", "returns", "follows", "measures", "forgets", "repeats", "opens", "weighs")
ENDS = ("in winter", "by hand", "without warning", "for the town", "at noon", "again and again", "in two columns", "as agreed")
SMALL = Recipe(
    epochs=2, batch_blocks=16, block_tokens=16, vocabulary=400, width=16, layers=1, heads=2, save_every_steps=4, learning_rate=0.01
)


def sentences(count: int, seed: int) -> list[str]:
    """Texts of one to three sentences each; rare words follow a Zipf law, so that there is a tail to lose."""
    stream = np.random.Generator(np.random.Philox(key=seed))

    def pick(words: tuple[str, ...]) -> str:
        weights = 1 / np.arange(1, len(words) + 1)
        return words[int(stream.choice(len(words), p=weights / weights.sum()))]

    def sentence() -> str:
        return f"The {pick(NOUNS)} {pick(VERBS)} the {pick(NOUNS)} {pick(ENDS)}."

    return [" ".join(sentence() for _ in range(int(stream.integers(1, 4)))) for _ in range(count)]


def mix_of(roles: dict[str, list[str]], *, shards: int = 1) -> pl.DataFrame:
    """A mix.parquet of texts by role, dealt out over shards in turn."""
    rows = [(f"{role}-{n}", text, role, n % shards, len(text)) for role, texts in roles.items() for n, text in enumerate(texts)]
    schema = {"row_id": pl.String, "text": pl.String, "role": pl.String, "shard": pl.Int32, "tokens": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def job_of(place: Path, start: Path, mix: pl.DataFrame, recipe: Recipe = SMALL, **changes: object) -> TrainingJob:
    """A job over a mix in its own folder; `changes` replace fields of it."""
    (place / "scratch").mkdir(parents=True, exist_ok=True)
    mix.write_parquet(place / "mix.parquet")
    job = TrainingJob(
        start=start,
        rows=place / "mix.parquet",
        scratch=place / "scratch",
        checkpoint=place / "checkpoint",
        batch_log=place / "batches.parquet",
        recipe=recipe,
        seed=7,
        anchor_percent=15,
        synthetic_cap_percent=35,
        progress=lambda done, total, loss: None,
    )
    return replace(job, **changes)


def default_mix(shards: int = 1) -> pl.DataFrame:
    """Anchors, human and synthetic rows enough for a few batches."""
    return mix_of({"anchor": sentences(20, 1), "human": sentences(120, 2), "synthetic": sentences(50, 3)}, shards=shards)
