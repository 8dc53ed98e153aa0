"""The documents of one finished cycle, read once; what a cycle did not reach is None, and every page says so instead of guessing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.digest import digest_document, read_document
from governance.errors import IntegrityError

Document = Mapping[str, Any]
OPTIONAL = ("audit", "laundering", "mix", "training", "lineage", "measures", "tasks")
SHOWN_PAIRS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePair:
    """What candidate and reference wrote for the same prompt and draw. The texts are hostile until they are escaped."""

    prompt_id: str
    slice: str
    temperature: float
    candidate: str
    reference: str
    reference_model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleDocuments:
    """cycle.json and decision.json with whatever else the stages wrote (docs/documents.md)."""

    cycle: Document
    decision: Document
    audit: Document | None = None
    laundering: Document | None = None
    mix: Document | None = None
    training: Document | None = None
    lineage: Document | None = None
    measures: Document | None = None
    tasks: Document | None = None
    samples: tuple[SamplePair, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in ("cycle", "decision", *OPTIONAL):
            document = getattr(self, name)
            if document is not None and document.get("schema") != f"heirloom/{name}/1":
                raise ValueError(f"{name}.json: schema is {document.get('schema')!r}, not 'heirloom/{name}/1'")

    @property
    def decision_sha256(self) -> str:
        return digest_document(self.decision)

    @property
    def cycle_digest(self) -> str:
        """The name of the frozen cycle: what was asked, before anything was done."""
        return digest_document(self.cycle)

    def metric(self, name: str) -> Document:
        """A metric's entry of measures.json; empty where it was not measured."""
        entries = self.measures["metrics"] if self.measures else []
        return next((entry for entry in entries if entry["name"] == name), {})


def read_cycle(folder: Path, *, samples: bool = True) -> CycleDocuments:
    """The documents of a cycle's folder, without what models wrote where `samples` is False.

    Raises: IntegrityError when cycle.json or decision.json is missing, or a document cannot be read or has another schema.
    """
    found = {name: read_document(folder / f"{name}.json") for name in OPTIONAL if (folder / f"{name}.json").exists()}
    cycle, decision = read_document(folder / "cycle.json"), read_document(folder / "decision.json")
    written = folder / "samples.parquet"
    try:
        pairs = sample_pairs(written) if samples and written.exists() else ()
        return CycleDocuments(cycle=cycle, decision=decision, samples=pairs, **found)
    except ValueError as error:
        raise IntegrityError(str(error), where=str(folder), fix="heirloom retrain makes the documents of the cycle again") from error


def sample_pairs(path: Path) -> tuple[SamplePair, ...]:
    """The first draws of a few prompts, of as many slices as can be shown, at the highest temperature that was probed.

    The reference is the baseline, or the champion where there is no baseline; no reference, no pairs.
    """
    import polars as pl

    drawn = pl.scan_parquet(path).filter(pl.col("draw") == pl.col("draw").min())
    if "wording" in drawn.collect_schema():
        drawn = drawn.filter(pl.col("wording") == "plain")
    drawn = drawn.filter(pl.col("temperature") == pl.col("temperature").max())
    frame = drawn.sort("slice", "prompt_id").collect()
    models = set(frame["model"])
    reference = next((model for model in ("baseline", "champion") if model in models), None)
    if reference is None:
        return ()
    ours, theirs = frame.filter(pl.col("model") == "candidate"), frame.filter(pl.col("model") == reference)
    joined = ours.join(theirs, on=["prompt_id", "slice", "draw", "temperature"], suffix="_reference").unique("prompt_id", keep="first")
    order = pl.int_range(pl.len()).over("slice")
    chosen = (
        joined.sort("slice", "prompt_id").with_columns(order.alias("turn")).sort("turn", "slice", maintain_order=True).head(SHOWN_PAIRS)
    )
    return tuple(
        SamplePair(
            prompt_id=row["prompt_id"],
            slice=row["slice"],
            temperature=row["temperature"],
            candidate=row["text"],
            reference=row["text_reference"],
            reference_model=reference,
        )
        for row in chosen.iter_rows(named=True)
    )
