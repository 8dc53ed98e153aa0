"""Evidence held against the shards that the cycle was frozen with: what was scored is what is pinned, all of it and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import polars as pl

from governance.collapse.evidence import Evidence
from governance.errors import shown

SCORED = ("tail", "human")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pinned:
    """The rows of each pinned shard; a shard whose bytes are not the pinned ones is a fault and has no rows here."""

    rows: Mapping[str, pl.DataFrame]
    faults: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def held_against(evidence: Evidence, pinned: Pinned) -> Evidence:
    """The same evidence, with a fault for every shard that it does not match, and with equal texts counted as one source."""
    known = {name: pinned.rows[name] for name in SCORED if name in pinned.rows}
    faults = {**evidence.faults, **pinned.faults}
    for name, rows in known.items():
        if fault := _misfit(evidence.scores.filter(shard=name), rows):
            faults[name] = fault
    if (prompts := pinned.rows.get("prompts")) is not None and (fault := _unasked(evidence.samples, prompts)):
        faults["prompts"] = fault
    return replace(evidence, scores=one_source_a_text(evidence.scores, known), faults=MappingProxyType(faults))


def _misfit(scores: pl.DataFrame, rows: pl.DataFrame) -> str:
    """Why scores are not those of these rows; empty where every model scored each of them and nothing else, byte for byte."""
    wanted = rows.select(doc_id=pl.col("row_id"), pinned_bytes=pl.col("text").str.len_bytes().cast(pl.Int64))
    if strange := sorted(set(scores["doc_id"].drop_nulls()) - set(wanted["doc_id"])):
        return f"{len(strange)} scored documents are not in the pinned shard: {shown(strange)}"
    for (model,), scored in scores.group_by("model", maintain_order=True):
        if missing := sorted(set(wanted["doc_id"]) - set(scored["doc_id"])):
            return f"{len(missing)} of its documents were not scored with the {model}: {shown(missing)}"
    changed = scores.join(wanted, on="doc_id").filter(pl.col("bytes").ne_missing(pl.col("pinned_bytes")))
    if changed.height:
        return f"{changed['doc_id'].n_unique()} documents have other bytes than the pinned ones: {shown(sorted(set(changed['doc_id'])))}"
    return ""


def _unasked(samples: pl.DataFrame, prompts: pl.DataFrame) -> str:
    """Why samples are not answers to these prompts; what one model was asked and another was not is found where they are compared."""
    asked, wanted = set(samples["prompt_id"].drop_nulls()), set(prompts["prompt_id"])
    if strange := sorted(asked - wanted):
        return f"{len(strange)} answered prompts are not in the pinned shard: {shown(strange)}"
    if asked and (missing := sorted(wanted - asked)):
        return f"{len(missing)} of the pinned prompts were not asked: {shown(missing)}"
    return ""


def one_source_a_text(scores: pl.DataFrame, known: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Sixty-four copies of one document are one document, whatever their ids and sources say."""
    texts = [rows.select(pl.lit(name).alias("shard"), pl.col("row_id").alias("doc_id"), "text") for name, rows in known.items()]
    if not texts:
        return scores
    many = pl.concat(texts).filter(pl.len().over("shard", "text") > 1)
    if many.is_empty():
        return scores
    first = many.select("shard", "doc_id", pl.col("doc_id").min().over("shard", "text").alias("first"))
    joined = scores.join(first, on=["shard", "doc_id"], how="left", maintain_order="left")
    return joined.with_columns(source_id=pl.coalesce("first", "source_id")).drop("first")
