"""The probe stage: candidate and references score the same documents and answer the same prompts with the same seeds."""

import dataclasses
import hashlib
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from governance.collapse.controls import run_plan
from governance.collapse.evidence import (
    BASELINE,
    BEST_EVER,
    CANDIDATE,
    CHAMPION,
    CONTROL_TABLES,
    TABLES,
)
from governance.collapse.probe import ProbePlan
from governance.collapse.sentinels import SENTINELS_FILE
from governance.digest import Manifest
from governance.errors import IntegrityError
from governance.ports.desk import SHARDS, Desk
from governance.ports.language_model import LanguageModel
from governance.provenance.row import Origin
from governance.stages.asking import Questions, Step, Tables, ask
from governance.stages.known import CONTROLS, NO_CONTROLS, ask_controls
from governance.stages.looks import NEEDS, is_second, looked_at, rules_of
from governance.stages.pinned import frozen_file, pinned_shard
from governance.stages.stage import Stage
from governance.threads import THREADS, side_by_side
from governance.training.rules import TrainingRules

ASKED_AT_ONCE = 2
"""Models in memory at a time, the champion of the run's controls counted as one of its own."""


def probe(desk: Desk, *, for_verdicts: bool = False) -> None:
    """Write what each model said; equal weights are asked once and their answers stand under each of their names.

    Two models at most are in memory and asked at a time: the steps of a small one are too short to keep two cores busy. A drill, which
    counts verdicts and shows no other reading, asks only `for_verdicts`.
    """
    questions = questions_of(desk).of_verdicts() if for_verdicts else questions_of(desk)
    trainer = desk.trainer(desk.section("policy.training", TrainingRules).trainer)
    models = _models(desk)
    told = dict(models.values())
    few = questions.of_gates(run_plan(questions.plan))
    step = _counted(desk, len(told) * questions.steps + (CONTROLS * few.steps if CHAMPION in models else 0))
    opening = threading.Lock()

    def opened(folder: Path) -> LanguageModel:
        with opening:
            return trainer.open(folder)

    def answered(folder: Path) -> Tables:
        return ask(opened(folder), questions, step)

    def controlled(folder: Path) -> tuple[pl.DataFrame, ...]:
        return ask_controls(opened(folder), few, step)

    work: list[Callable[[], tuple[pl.DataFrame, ...]]] = [partial(answered, folder) for folder in told.values()]
    work += [partial(controlled, models[CHAMPION][1])] if CHAMPION in models else [lambda: NO_CONTROLS]
    *found, controls = side_by_side(lambda one: one(), work, min(THREADS, ASKED_AT_ONCE))
    answers = dict(zip(told, found, strict=True))
    for place, file in enumerate(TABLES):
        frames = [answers[digest][place].select(pl.lit(name).alias("model"), pl.all()) for name, (digest, _) in models.items()]
        pl.concat(frames).write_parquet(desk.writes(file), compression="zstd")
    for file, frame in zip(CONTROL_TABLES, controls, strict=True):
        frame.write_parquet(desk.writes(file), compression="zstd")


def training_sample(mix: pl.DataFrame, size: int, seed: int) -> pl.DataFrame:
    """At most `size` different human training rows, anchors not among them: the same ones for one seed, whatever the order of the mix."""
    rows = mix.filter(pl.col("role") == "human").unique("row_id", keep="first")
    order = [hashlib.sha256(f"{seed}\0{row_id}".encode()).digest() for row_id in rows["row_id"]]
    return rows.with_columns(pl.Series("_order", order, dtype=pl.Binary)).sort("_order").head(size).drop("_order").sort("row_id")


def questions_of(desk: Desk) -> Questions:
    """What the cycle asks. Raises: IntegrityError where a shard is not the pinned one, or models wrote some of it."""
    plan = desk.section("policy.probe", ProbePlan)
    seed = int(desk.need("seed"))
    if is_second(desk):
        plan = dataclasses.replace(plan, samples_per_prompt=plan.samples_per_prompt * rules_of(desk).more_draws)
    training = training_sample(pl.read_parquet(desk.reads("mix.parquet")), plan.training_sample, seed)
    shards = {name: _of_people(pl.read_parquet(pinned_shard(desk, name)), name) for name in ("tail", "human")}
    frames = [_as_documents(looked_at(desk, rows), name) for name, rows in shards.items()]
    prompts = _of_people(pl.read_parquet(pinned_shard(desk, "prompts")), "prompts").sort("prompt_id")
    sentinels = pl.read_parquet(frozen_file(desk, SENTINELS_FILE, "sentinels"))
    documents = pl.concat([*frames, _as_documents(training, "training")])
    return Questions.of(plan, documents, prompts, sentinels, seed=seed)


def _of_people(rows: pl.DataFrame, shard: str) -> pl.DataFrame:
    """A shard whose provenance says that people wrote all of it; prompts need not say. Raises: IntegrityError naming at most five ids."""
    if "origin" not in rows.columns:
        return rows
    wrong = rows.filter(pl.col("origin").ne_missing(Origin.HUMAN.value))
    if wrong.height:
        raise IntegrityError(
            f"{wrong.height} of {rows.height} rows of shard {shard} are not human: no model is judged by what models wrote",
            where=SHARDS[shard],
            expected="rows of origin human only",
            examples=[str(name) for name in wrong["prompt_id" if shard == "prompts" else "row_id"].head(5)],
            fix="lay out the workspace again from human text",
        )
    return rows


def _as_documents(rows: pl.DataFrame, shard: str) -> pl.DataFrame:
    """A row without `source_id` was cut from nothing and stands for itself."""
    source = pl.col("source_id").fill_null(pl.col("row_id")) if "source_id" in rows.columns else pl.col("row_id")
    columns = (pl.lit(shard).alias("shard"), pl.col("row_id").alias("doc_id"), source.alias("source_id"), pl.col("slice"), pl.col("text"))
    return rows.sort("row_id").select(*columns)


def _candidate(desk: Desk, folder: Path) -> str:
    """The digest of the candidate. Raises: IntegrityError where a second look would be at another one than the first was."""
    digest, extension = Manifest.of(folder).digest, desk.need("extension")
    if extension is not None and extension["checkpoint"] != digest:
        raise IntegrityError(
            f"is {digest[:12]}, the first look was at {extension['checkpoint'][:12]}", where=str(folder), fix="heirloom retrain --again"
        )
    return digest


def _models(desk: Desk) -> dict[str, tuple[str, Path]]:
    """Name -> (digest, folder), the candidate first; in a founding cycle there is no other.

    The best-ever release is asked only where it is none of the others: the gate lets those stand in for it.
    """
    folder = desk.reads("checkpoint/")
    found = {CANDIDATE: (_candidate(desk, folder), folder)}
    for name in (CHAMPION, BASELINE):
        if (kept := desk.need(name)) is not None:
            found[name] = (kept["digest"], desk.model(kept["digest"]))
    best = desk.need("best_ever")
    if best is not None and best["digest"] not in [digest for digest, _ in found.values()]:
        found[BEST_EVER] = (best["digest"], desk.model(best["digest"]))
    return found


def _counted(desk: Desk, total: int) -> Step:
    """A step that counts itself: every model's shards and draws are equal parts of one bar."""
    show, done = desk.progress("probe"), iter(range(1, total + 1))
    return lambda words: show(next(done), total, words)


STAGE = Stage(
    name="probe",
    reads=("checkpoint/", "mix.parquet", SENTINELS_FILE, SHARDS["tail"], SHARDS["human"], SHARDS["prompts"]),
    writes=(*TABLES, *CONTROL_TABLES),
    needs=("champion", "baseline", "best_ever", *NEEDS, "shards", "sentinels", "policy.probe", "policy.training", "seed"),
    code=("governance.adapters.trainers",),
    work=probe,
)
