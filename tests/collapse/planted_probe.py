"""A probe with planted truth: scores and samples of models whose quality is an argument."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from governance.collapse.evidence import SAMPLE_SCHEMA, SCORE_SCHEMA, Evidence
from governance.collapse.probe import ProbePlan
from governance.digest import digest_file

MODELS = ("candidate", "champion", "baseline")
PLAN = ProbePlan(temperatures=(1.0,), bootstrap_draws=400, minimum_slice_documents=20)
LETTERS = "etaoinshrdlcumwfgypbvk"


def words(count: int) -> list[str]:
    """Distinct words made of letters; the most frequent is a stock transition, and the next begins an item of a list."""
    base = len(LETTERS)
    return ["however", "\n- item"] + [
        LETTERS[i // base**2 % base] + LETTERS[i // base % base] + LETTERS[i % base] + "e" * (i // base**3) for i in range(count - 2)
    ]


def texts(seed: int, count: int, *, length: int = 20, vocabulary: int = 2000, steepness: float = 1.0) -> list[str]:
    """Texts of Zipf-distributed words; a steeper law is a narrower voice."""
    rng = np.random.Generator(np.random.Philox(seed))
    chances = 1 / np.arange(1, vocabulary + 1) ** steepness
    drawn = rng.choice(vocabulary, size=(count, length), p=chances / chances.sum())
    known = words(vocabulary)
    return [" ".join(known[w] for w in row) for row in drawn]


def samples(said: Mapping[str, Sequence[str]], *, draws: int = 4, temperature: float = 1.0) -> pl.DataFrame:
    """samples.parquet of models' texts, `draws` of them a prompt."""
    rows = [
        (model, f"p{i // draws:04d}", "none", i % draws, temperature, text)
        for model, all_texts in said.items()
        for i, text in enumerate(all_texts)
    ]
    return pl.DataFrame(rows, schema=SAMPLE_SCHEMA, orient="row")


def scores(
    change: Mapping[str, float],
    *,
    documents: int = 120,
    shards: Sequence[str] = ("tail", "human", "training"),
    seed: int = 0,
    noise: float = 0.1,
) -> pl.DataFrame:
    """scores.parquet in which each model's log perplexity per token is off by its change plus noise per document; four bytes a token."""
    rng = np.random.Generator(np.random.Philox(seed))
    rows = []
    for shard in shards:
        tokens = rng.integers(40, 120, documents)
        hard = rng.normal(4.0, 0.8, documents)
        for model, shift in change.items():
            extra = rng.normal(shift, noise, documents) if noise else np.full(documents, shift)
            nats = np.maximum(hard + extra, 0.5) * tokens
            rows += [
                (model, shard, f"{shard}{i:04d}", f"{shard}{i:04d}", f"s{i % 4}", nats[i] / np.log(2), int(4 * tokens[i]), int(tokens[i]))
                for i in range(documents)
            ]
    return pl.DataFrame(rows, schema=SCORE_SCHEMA, orient="row")


def probe(change: Mapping[str, float] | None = None, said: Mapping[str, Sequence[str]] | None = None) -> Evidence:
    """Evidence of three equal models where nothing else is planted."""
    same = texts(1, 240)
    return Evidence(scores=scores(change or dict.fromkeys(MODELS, 0.0), noise=0.0), samples=samples(said or dict.fromkeys(MODELS, same)))


HUMAN = tuple(texts(99, 200, length=30, vocabulary=4000))
SLICES = tuple(f"s{min(text.count('however'), 6) // 2}" for text in HUMAN)
"""Slices that words tell apart: how often a text uses the most frequent word."""


def shard_rows(evidence: Evidence, name: str) -> pl.DataFrame:
    """The pinned rows that a planted probe would have scored: distinct texts of as many bytes as the scores say."""
    scored = evidence.scores.filter(shard=name).unique("doc_id", keep="first").sort("doc_id")
    said = [f"{doc_id} {LETTERS * 40}"[:size] for doc_id, size in scored.select("doc_id", "bytes").iter_rows()]
    return scored.select(pl.col("doc_id").alias("row_id"), pl.Series("text", said, dtype=pl.String), "slice")


def lay_out(folder: Path, evidence: Evidence) -> dict[str, str]:
    """Write the shards of a planted probe as `shards_NAME.parquet`; returns their digests, as cycle.json pins them."""
    prompts = evidence.samples.select("prompt_id", "slice", text=pl.col("prompt_id")).unique("prompt_id").sort("prompt_id")
    frames = {"tail": shard_rows(evidence, "tail"), "human": shard_rows(evidence, "human"), "prompts": prompts}
    for name, frame in frames.items():
        frame.write_parquet(folder / f"shards_{name}.parquet")
    return {name: digest_file(folder / f"shards_{name}.parquet") for name in frames}
