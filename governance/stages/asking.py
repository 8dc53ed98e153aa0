"""What every model is asked, and its answers as the tables of a probe: the same questions, draws and seeds for all."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from governance.collapse.answers import CLOZE, SENTINELS
from governance.collapse.cloze import Passage, Question, cloze_questions
from governance.collapse.evidence import CHOICE_SCHEMA, PLAIN, SAMPLE_EXTRAS, SAMPLE_SCHEMA, SCORE_EXTRAS, SCORE_SCHEMA
from governance.collapse.probe import Asking, ProbePlan, worded
from governance.collapse.rare import rare_word_spans
from governance.collapse.rare_accuracy import LOCKED
from governance.collapse.sentinels import sentinel_questions
from governance.ports.language_model import Decoding, LanguageModel, Score, Span

Step = Callable[[str], None]
Tables = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
"""The answers of one model, without its name, in the order of `governance.collapse.evidence.TABLES`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What every model is asked. `documents` has the columns shard, doc_id, source_id, slice, text; `prompts` the shard's."""

    plan: ProbePlan
    documents: pl.DataFrame
    words: tuple[tuple[Span, ...], ...]
    """Rare words of each document, in their order; none of one that is not locked; empty where nobody is asked about any."""
    prompts: pl.DataFrame
    choices: tuple[tuple[str, Question], ...]
    """(task, question) of everything that is answered by likelihood."""
    seed: int
    own_bits: bool = True
    """Whether a model is asked how surprising its own text is to it."""

    @classmethod
    def of(cls, plan: ProbePlan, documents: pl.DataFrame, prompts: pl.DataFrame, sentinels: pl.DataFrame, *, seed: int) -> "Questions":
        """The questions that follow from the documents, and the sentinels as they are."""
        locked = documents.filter(pl.col("shard").is_in(LOCKED))
        spans = dict(zip(locked.select("shard", "doc_id").iter_rows(), rare_word_spans(locked["text"].to_list()), strict=True))
        tail = documents.filter(pl.col("shard") == "tail").select("doc_id", "source_id", pl.col("slice").fill_null("none"), "text")
        cloze = cloze_questions([Passage(**row) for row in tail.iter_rows(named=True)], plan.cloze_documents)
        return cls(
            plan=plan,
            documents=documents,
            words=tuple(tuple(spans.get(key, ())) for key in documents.select("shard", "doc_id").iter_rows()),
            prompts=prompts,
            choices=(*((CLOZE, question) for question in cloze), *((SENTINELS, question) for question in sentinel_questions(sentinels))),
            seed=seed,
        )

    def of_gates(self, plan: ProbePlan) -> "Questions":
        """Only what gates read, by another plan: the pinned documents and the prompts."""
        documents = self.documents.filter(pl.col("shard") != "training")
        return replace(self, plan=plan, documents=documents, words=(), choices=(), own_bits=False)

    def of_verdicts(self) -> "Questions":
        """Without what no verdict and no alarm rests on: rare words, and how surprising a model's own text is to it."""
        return replace(self, words=(), own_bits=False)

    @property
    def steps(self) -> int:
        """Equal parts of the bar that one model takes."""
        return self.documents["shard"].n_unique() + 1 + sum(asking.draws for asking in self.plan.askings())


def ask(model: LanguageModel, questions: Questions, step: Step) -> Tables:
    """Everything that one model says."""
    scores = pl.concat(list(_score(model, questions, step)))
    samples = pl.concat(list(_sample(model, questions, step)))
    return scores, samples, _choose(model, questions, step)


def draw_seed(seed: int, temperature: float, draw: int) -> int:
    """The seed of one draw of all prompts: a function of the cycle's seed, the temperature and the draw, and never of the model."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{temperature!r}\0{draw}".encode()).digest()[:4], "big") >> 1


def _score(model: LanguageModel, questions: Questions, step: Step) -> Iterator[pl.DataFrame]:
    """Bits of every document, and in the same pass the rare words of the locked ones that are the model's first choice."""
    numbered = questions.documents.with_columns(pl.int_range(pl.len()).alias("_place"))
    for (shard,), documents in numbered.group_by("shard", maintain_order=True):
        asked = shard in LOCKED and len(questions.words) > 0
        words = [questions.words[place] for place in documents["_place"]] if asked else [()] * documents.height
        found = model.score(documents["text"].to_list(), words) if asked else model.score(documents["text"].to_list())
        yield documents.with_columns(
            pl.Series("bits", [s.bits for s in found], dtype=pl.Float64),
            pl.col("text").str.len_bytes().cast(pl.Int64).alias("bytes"),
            pl.Series("tokens", [s.tokens for s in found], dtype=pl.Int64),
            pl.Series("rare", [len(spans) if asked else None for spans in words], dtype=pl.Int64),
            pl.Series("rare_hits", [sum(s.first_choices) if asked else None for s in found], dtype=pl.Int64),
        ).select(*_columns(SCORE_SCHEMA), *SCORE_EXTRAS.names())
        step(f"scored {len(found)} {shard} documents")


def _sample(model: LanguageModel, questions: Questions, step: Step) -> Iterator[pl.DataFrame]:
    for asking in questions.plan.askings():
        prompts = _worded(questions, asking.wording)
        gated = asking.wording == PLAIN and asking.temperature == questions.plan.gate_temperature
        alone = model.score(prompts) if gated and questions.own_bits else ()
        for draw in range(asking.draws):
            texts = model.sample(prompts, decoding_of(questions, asking, draw))
            yield written_to(questions, asking, draw, texts, _own_bits(model, prompts, alone, texts))
            step(f"draw {draw + 1} at temperature {asking.temperature:g}, worded {asking.wording}")


def written_to(questions: Questions, asking: Asking, draw: int, texts: Sequence[str], bits: Sequence[float | None]) -> pl.DataFrame:
    """One draw of all prompts as rows of samples.parquet."""
    return questions.prompts.select(
        "prompt_id",
        "slice",
        pl.lit(draw, dtype=pl.Int32).alias("draw"),
        pl.lit(asking.temperature, dtype=pl.Float64).alias("temperature"),
        pl.Series("text", list(texts), dtype=pl.String),
        pl.lit(asking.wording).alias("wording"),
        pl.Series("bits", bits, dtype=pl.Float64),
    ).select(*_columns(SAMPLE_SCHEMA), *SAMPLE_EXTRAS.names())


def decoding_of(questions: Questions, asking: Asking, draw: int) -> Decoding:
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


def _own_bits(model: LanguageModel, prompts: Sequence[str], alone: Sequence[Score], texts: Sequence[str]) -> list[float | None]:
    """The surprise of what the gates read to its own writer: that of prompt and text together less that of the prompt alone.

    Nothing else is scored: without scores of the prompts there is nothing to take off.
    """
    if not alone:
        return [None] * len(texts)
    whole = model.score([prompt + text for prompt, text in zip(prompts, texts, strict=True)])
    return [both.bits - one.bits if text else None for both, one, text in zip(whole, alone, texts, strict=True)]


def _choose(model: LanguageModel, questions: Questions, step: Step) -> pl.DataFrame:
    rows = [
        (task, question.question_id, question.source_id, question.slice, number, text)
        for task, question in questions.choices
        for number, text in enumerate(question.choices)
    ]
    bits = [score.bits for score in model.score([text for *_, text in rows])]
    step(f"weighed {len(rows)} choices of {len(questions.choices)} questions")
    wanted = {name: kind for name, kind in CHOICE_SCHEMA.items() if name != "model"}
    return pl.DataFrame([(*row[:-1], surprise) for row, surprise in zip(rows, bits, strict=True)], schema=wanted, orient="row")


def _columns(schema: pl.Schema) -> tuple[str, ...]:
    """All but the model's name, which is put before them."""
    return tuple(name for name in schema if name != "model")
