"""The probe stage: candidate and references score the same documents and answer the same prompts with the same seeds."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from governance.collapse.controls import ASKED_AGAIN, KNOWN_COLLAPSED, KNOWN_GOOD, control_plan
from governance.collapse.evidence import BASELINE, BEST_EVER, CANDIDATE, CHAMPION, PLAIN, SAMPLE_EXTRAS, SAMPLE_SCHEMA, SCORE_SCHEMA
from governance.collapse.probe import Asking, ProbePlan, worded
from governance.digest import Manifest
from governance.ports.desk import SHARDS, Desk
from governance.ports.language_model import Decoding, LanguageModel
from governance.ports.trainer import Trainer
from governance.stages.known import KnownCollapsed, KnownGood
from governance.stages.pinned import pinned_shard
from governance.stages.stage import Stage
from governance.training.rules import TrainingRules

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What every model is asked. `documents` has the columns shard, doc_id, source_id, slice, text; `prompts` the shard's."""

    plan: ProbePlan
    documents: pl.DataFrame
    prompts: pl.DataFrame
    seed: int
    own_bits: bool = True
    """Whether a model is asked how surprising its own text is to it."""


def probe(desk: Desk) -> None:
    """Write what each model said; equal weights are asked once and their answers stand under each of their names."""
    questions = questions_of(desk)
    trainer = desk.trainer(desk.section("policy.training", TrainingRules).trainer)
    models = _models(desk)
    told = dict(models.values())
    step = _counted(desk, len(told) * _steps(questions))
    answers = {digest: ask(trainer.open(folder), questions, step) for digest, folder in told.items()}
    for place, file in enumerate(("scores.parquet", "samples.parquet")):
        frames = [answers[digest][place].select(pl.lit(name).alias("model"), pl.all()) for name, (digest, _) in models.items()]
        pl.concat(frames).write_parquet(desk.writes(file), compression="zstd")
    controls = _controls(trainer, models, questions)
    for file, frame in zip(("control_scores.parquet", "control_samples.parquet"), controls, strict=True):
        frame.write_parquet(desk.writes(file), compression="zstd")


def _controls(trainer: Trainer, models: Mapping[str, tuple[str, Path]], questions: Questions) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What models of known quality, made of the champion, answer to what gates read; in a founding cycle there is none to make them of."""
    if CHAMPION not in models:
        return SCORE_SCHEMA.to_frame(), pl.Schema({**SAMPLE_SCHEMA, **SAMPLE_EXTRAS}).to_frame()
    champion = trainer.open(models[CHAMPION][1])
    few = replace(
        questions, plan=control_plan(questions.plan), documents=questions.documents.filter(pl.col("shard") != "training"), own_bits=False
    )
    made: dict[str, LanguageModel] = {KNOWN_GOOD: KnownGood(model=champion), KNOWN_COLLAPSED: KnownCollapsed(model=champion)}
    told = {name: ask(model, few, lambda _: None) for name, model in made.items()}
    samples = {name: written for name, (_, written) in told.items()} | {ASKED_AGAIN: _asked_again(champion, few)}
    return _named({name: scores for name, (scores, _) in told.items()}), _named(samples)


def _named(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([frame.select(pl.lit(name).alias("model"), pl.all()) for name, frame in frames.items()])


def _asked_again(champion: LanguageModel, questions: Questions) -> pl.DataFrame:
    """The champion's first draw once more, with about half of the prompts left empty: no answer depends on another's prompt."""
    asking, prompts = questions.plan.askings()[0], questions.prompts
    kept = [hashlib.sha256(str(name).encode()).digest()[0] % 2 == 0 for name in prompts["prompt_id"]]
    asked = [text if keep else "" for text, keep in zip(prompts["text"], kept, strict=True)]
    texts = champion.sample(asked, _decoding(questions, asking, 0))
    return _written(questions, asking, 0, texts, [None] * len(asked)).filter(pl.Series(kept))


def training_sample(mix: pl.DataFrame, size: int, seed: int) -> pl.DataFrame:
    """At most `size` different human training rows, anchors not among them: the same ones for one seed, whatever the order of the mix."""
    rows = mix.filter(pl.col("role") == "human").unique("row_id", keep="first")
    order = [hashlib.sha256(f"{seed}\0{row_id}".encode()).digest() for row_id in rows["row_id"]]
    return rows.with_columns(pl.Series("_order", order, dtype=pl.Binary)).sort("_order").head(size).drop("_order").sort("row_id")


def draw_seed(seed: int, temperature: float, draw: int) -> int:
    """The seed of one draw of all prompts: a function of the cycle's seed, the temperature and the draw, and never of the model."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{temperature!r}\0{draw}".encode()).digest()[:4], "big") >> 1


def questions_of(desk: Desk) -> Questions:
    """What the cycle asks. Raises: IntegrityError where a shard is not the pinned one."""
    plan = desk.section("policy.probe", ProbePlan)
    seed = int(desk.need("seed"))
    training = training_sample(pl.read_parquet(desk.reads("mix.parquet")), plan.training_sample, seed)
    frames = [_as_documents(pl.read_parquet(pinned_shard(desk, name)), name) for name in ("tail", "human")]
    return Questions(
        plan=plan,
        documents=pl.concat([*frames, _as_documents(training, "training")]),
        prompts=pl.read_parquet(pinned_shard(desk, "prompts")).sort("prompt_id"),
        seed=seed,
    )


def _as_documents(rows: pl.DataFrame, shard: str) -> pl.DataFrame:
    """A row without `source_id` was cut from nothing and stands for itself."""
    source = pl.col("source_id").fill_null(pl.col("row_id")) if "source_id" in rows.columns else pl.col("row_id")
    columns = (pl.lit(shard).alias("shard"), pl.col("row_id").alias("doc_id"), source.alias("source_id"), pl.col("slice"), pl.col("text"))
    return rows.sort("row_id").select(*columns)


def _models(desk: Desk) -> dict[str, tuple[str, Path]]:
    """Name -> (digest, folder), the candidate first; in a founding cycle there is no other.

    The best-ever release is asked only where it is none of the others: the gate lets those stand in for it.
    """
    folder = desk.reads("checkpoint/")
    found = {CANDIDATE: (Manifest.of(folder).digest, folder)}
    for name in (CHAMPION, BASELINE):
        if (kept := desk.need(name)) is not None:
            found[name] = (kept["digest"], desk.model(kept["digest"]))
    best = desk.need("best_ever")
    if best is not None and best["digest"] not in [digest for digest, _ in found.values()]:
        found[BEST_EVER] = (best["digest"], desk.model(best["digest"]))
    return found


def ask(model: LanguageModel, questions: Questions, step: Step) -> tuple[pl.DataFrame, pl.DataFrame]:
    scores = pl.concat(list(_score(model, questions, step)))
    samples = pl.concat(list(_sample(model, questions, step)))
    return scores, samples


def _score(model: LanguageModel, questions: Questions, step: Step) -> Iterator[pl.DataFrame]:
    for (shard,), documents in questions.documents.group_by("shard", maintain_order=True):
        found = model.score(documents["text"].to_list())
        yield documents.with_columns(
            pl.Series("bits", [s.bits for s in found], dtype=pl.Float64),
            pl.col("text").str.len_bytes().cast(pl.Int64).alias("bytes"),
            pl.Series("tokens", [s.tokens for s in found], dtype=pl.Int64),
        ).select(*_columns(SCORE_SCHEMA))
        step(f"scored {len(found)} {shard} documents")


def _sample(model: LanguageModel, questions: Questions, step: Step) -> Iterator[pl.DataFrame]:
    for asking in questions.plan.askings():
        prompts = _worded(questions, asking.wording)
        for draw in range(asking.draws):
            texts = model.sample(prompts, _decoding(questions, asking, draw))
            yield _written(questions, asking, draw, texts, _own_bits(model, questions, asking, texts))
            step(f"draw {draw + 1} at temperature {asking.temperature:g}, worded {asking.wording}")


def _written(questions: Questions, asking: Asking, draw: int, texts: Sequence[str], bits: Sequence[float | None]) -> pl.DataFrame:
    return questions.prompts.select(
        "prompt_id",
        "slice",
        pl.lit(draw, dtype=pl.Int32).alias("draw"),
        pl.lit(asking.temperature, dtype=pl.Float64).alias("temperature"),
        pl.Series("text", list(texts), dtype=pl.String),
        pl.lit(asking.wording).alias("wording"),
        pl.Series("bits", bits, dtype=pl.Float64),
    ).select(*_columns(SAMPLE_SCHEMA), *SAMPLE_EXTRAS.names())


def _decoding(questions: Questions, asking: Asking, draw: int) -> Decoding:
    """The same seed for every wording, so that what differs between wordings is the wording."""
    seed = draw_seed(questions.seed, asking.temperature, draw)
    plan = questions.plan
    return Decoding(temperature=asking.temperature, top_p=plan.top_p, max_new_tokens=plan.max_new_tokens, seed=seed)


def _worded(questions: Questions, wording: str) -> list[str]:
    """The prompts in a wording: the shard's own where it has one, else by the policy's template."""
    prompts = questions.prompts
    if wording == PLAIN:
        return prompts["text"].to_list()
    if (column := f"text_{wording}") in prompts.columns:
        return prompts[column].to_list()
    return [worded(prompt, questions.plan.wordings[wording]) for prompt in prompts["text"]]


def _own_bits(model: LanguageModel, questions: Questions, asking: Asking, texts: Sequence[str]) -> list[float | None]:
    """The surprise of what the gates read to its own writer: that of prompt and text together less that of the prompt."""
    if not questions.own_bits or asking.wording != PLAIN or asking.temperature != questions.plan.gate_temperature:
        return [None] * len(texts)
    prompts = _worded(questions, PLAIN)
    whole = model.score([prompt + text for prompt, text in zip(prompts, texts, strict=True)])
    alone = model.score(prompts)
    return [both.bits - one.bits if text else None for both, one, text in zip(whole, alone, texts, strict=True)]


def _columns(schema: pl.Schema) -> tuple[str, ...]:
    """All but the model's name, which is put before them."""
    return tuple(name for name in schema if name != "model")


def _steps(questions: Questions) -> int:
    return questions.documents["shard"].n_unique() + sum(asking.draws for asking in questions.plan.askings())


def _counted(desk: Desk, total: int) -> Step:
    """A step that counts itself: every model's shards and draws are equal parts of one bar."""
    show, done = desk.progress("probe"), iter(range(1, total + 1))
    return lambda words: show(next(done), total, words)


STAGE = Stage(
    name="probe",
    reads=("checkpoint/", "mix.parquet", SHARDS["tail"], SHARDS["human"], SHARDS["prompts"]),
    writes=("scores.parquet", "samples.parquet", "control_scores.parquet", "control_samples.parquet"),
    needs=("champion", "baseline", "best_ever", "shards", "policy.probe", "policy.training", "seed"),
    code=("governance.adapters.trainers",),
    work=probe,
)
