"""What a probe brought back, checked: a reading is taken from the same documents for both models, or it is not taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from governance.errors import shown

CANDIDATE, CHAMPION, BASELINE, BEST_EVER = "candidate", "champion", "baseline", "best-ever"
REFERENCES = (BASELINE, CHAMPION)
MODELS = (CANDIDATE, CHAMPION, BASELINE, BEST_EVER)
"""Every name that a model can have in a probe. `best-ever` stands only for a checkpoint that is neither champion nor baseline."""

SCORE_SCHEMA = pl.Schema(
    {
        "model": pl.String,
        "shard": pl.String,
        "doc_id": pl.String,
        "source_id": pl.String,
        "slice": pl.String,
        "bits": pl.Float64,
        "bytes": pl.Int64,
        "tokens": pl.Int64,
    }
)
SAMPLE_SCHEMA = pl.Schema(
    {
        "model": pl.String,
        "prompt_id": pl.String,
        "slice": pl.String,
        "draw": pl.Int32,
        "temperature": pl.Float64,
        "text": pl.String,
    }
)
SCORE_EXTRAS = pl.Schema({"rare": pl.Int64, "rare_hits": pl.Int64})
"""Rare words of a document, and how many of them are the model's first choice; null where none was asked about."""
SAMPLE_EXTRAS = pl.Schema({"wording": pl.String, "bits": pl.Float64})
"""How the prompt was worded, and the surprise of the text, after its plain prompt, to the model that wrote it; null where not scored."""
CHOICE_SCHEMA = pl.Schema(
    {
        "model": pl.String,
        "task": pl.String,
        "question_id": pl.String,
        "source_id": pl.String,
        "slice": pl.String,
        "choice": pl.Int32,
        "bits": pl.Float64,
    }
)
"""Questions answered by likelihood: the bits of every choice of every question; choice 0 is the truth."""
TABLES = ("scores.parquet", "samples.parquet", "choices.parquet")
"""The files of a probe, in the order of the frames of `Evidence`."""
CONTROL_TABLES = ("control_scores.parquet", "control_samples.parquet")
"""The files of the models of known quality; they are asked nothing else."""
PLAIN = "plain"
"""The wording of the prompts as they are: the one that gates read."""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """A reading that could not be taken, and why. It never passes a gate and is never shown as a number."""

    reason: str

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError("a reading that was not taken needs a reason")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The frames of a probe with exactly the columns of their schemas; integers of any width are taken.

    Values are not judged here: a bad one makes the readings that need it unmeasured, with a reason, and leaves the others alone. Likewise
    the columns of `SCORE_EXTRAS` and `SAMPLE_EXTRAS` and the choices, which older probes did not write: every wording is then plain.
    """

    scores: pl.DataFrame
    samples: pl.DataFrame
    choices: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CHOICE_SCHEMA))
    faults: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Shard -> why nothing that was read from it counts."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", _shaped(self.scores, SCORE_SCHEMA, "scores", SCORE_EXTRAS))
        samples = _shaped(self.samples, SAMPLE_SCHEMA, "samples", SAMPLE_EXTRAS)
        object.__setattr__(self, "samples", samples.with_columns(pl.col("wording").fill_null(PLAIN)))
        object.__setattr__(self, "choices", _shaped(self.choices, CHOICE_SCHEMA, "choices"))

    def models(self) -> tuple[str, ...]:
        """The models that were probed at all, the candidate first."""
        seen = {*self.scores["model"].unique(), *self.samples["model"].unique()}
        return tuple(model for model in MODELS if model in seen)

    def references(self) -> tuple[str, ...]:
        """What the candidate is compared with: baseline and champion always, the best-ever release where it was asked."""
        return (*REFERENCES, *([BEST_EVER] if BEST_EVER in self.models() else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """One model's valid scores of one shard in order of doc_id: bits and bytes and tokens per document, and where each was cut from."""

    doc_ids: tuple[str, ...]
    sources: tuple[str, ...]
    slices: tuple[str, ...]
    bits: Floats
    size: Floats
    tokens: Floats

    def bits_per_byte(self) -> float:
        return float(self.bits.sum() / self.size.sum())

    def bytes_per_token(self) -> float:
        return float(self.size.sum() / self.tokens.sum())


def scored_documents(evidence: Evidence, shard: str, model: str) -> Documents | Unmeasured:
    """The scores of one model on one shard, where every one of them is a real reading.

    One NaN, infinite, zero or negative number of bits, one missing value, one document scored twice: unmeasured, naming at most five ids.
    """
    if fault := evidence.faults.get(shard):
        return Unmeasured(reason=f"the {shard} shard: {fault}")
    frame = evidence.scores.filter((pl.col("shard") == shard) & (pl.col("model") == model)).sort("doc_id")
    if frame.is_empty():
        return Unmeasured(reason=f"no document of the {shard} shard was scored with the {model}")
    if reason := _fault(frame):
        return Unmeasured(reason=f"the {model} on the {shard} shard: {reason}")
    return Documents(
        doc_ids=tuple(frame["doc_id"]),
        sources=tuple(frame["source_id"].fill_null(frame["doc_id"])),
        slices=tuple(frame["slice"].fill_null("none")),
        bits=frame["bits"].to_numpy(),
        size=frame["bytes"].cast(pl.Float64).to_numpy(),
        tokens=frame["tokens"].cast(pl.Float64).to_numpy(),
    )


def mismatch(one: Documents, other: Documents) -> str:
    """Why two models' scores cannot be paired; empty where they are of the same documents with the same bytes."""
    if one.doc_ids != other.doc_ids:
        apart = sorted(set(one.doc_ids) ^ set(other.doc_ids))
        return f"{len(apart)} documents were scored with one of the two models only: {shown(apart)}"
    if one.sources != other.sources or one.slices != other.slices:
        return "the two models' scores disagree on the source or slice of a document"
    changed = np.flatnonzero(one.size != other.size)
    if len(changed):
        return f"{len(changed)} documents differ in bytes between the two models: {shown([one.doc_ids[i] for i in changed])}"
    return ""


def _fault(frame: pl.DataFrame) -> str:
    bits = pl.col("bits")
    bad_bits = bits.is_null() | bits.is_nan() | bits.is_infinite() | (bits <= 0)
    if ids := _ids(frame, bad_bits):
        return f"{len(ids)} documents have no finite positive number of bits: {shown(ids)}"
    empty = pl.any_horizontal(pl.col(name).is_null() | (pl.col(name) <= 0) for name in ("bytes", "tokens"))
    if ids := _ids(frame, empty):
        return f"{len(ids)} documents have no bytes or no tokens: {shown(ids)}"
    if ids := _ids(frame, pl.col("doc_id").is_duplicated() | pl.col("doc_id").is_null()):
        return f"{len(ids)} rows score one document twice or name none: {shown(ids)}"
    return ""


def _ids(frame: pl.DataFrame, wrong: pl.Expr) -> Sequence[str]:
    return [str(name) for name in frame.filter(wrong)["doc_id"]]


def _shaped(frame: pl.DataFrame, schema: pl.Schema, name: str, extras: Mapping[str, Any] = MappingProxyType({})) -> pl.DataFrame:
    """The columns of a schema, and the extra ones, null where they are not there."""
    if missing := [column for column in schema if column not in frame.columns]:
        raise ValueError(f"{name}: column {missing[0]!r} is missing")
    kept = [pl.col(column).cast(kind) for column, kind in schema.items()]
    added = [(pl.col(column) if column in frame.columns else pl.lit(None)).cast(kind).alias(column) for column, kind in extras.items()]
    return frame.select(*kept, *added)
