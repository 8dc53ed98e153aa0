"""The part of validate that looks for model text among rows that claim to be human: pinned things in, laundering.json out."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from governance.digest import write_document
from governance.mixing.admission import FOUNDING
from governance.ports.curvature import CurvatureReader
from governance.ports.desk import SHARDS, Desk
from governance.ports.language_model import LanguageModel
from governance.ports.watermark import MarkReader
from governance.provenance.emissions import EMISSIONS_FILE, containment, read_emissions
from governance.provenance.labels.label import RELABELS_FILE
from governance.provenance.laundering.audit import audited
from governance.provenance.laundering.batch import batch_of
from governance.provenance.laundering.relabels import relabels_of
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.signal import Material, Scorer
from governance.provenance.memory import KNOWN_FILE
from governance.provenance.watermark import Mark
from governance.stages.pinned import frozen_file, pinned_shard
from governance.threads import Later
from governance.training.rules import TrainingRules

READS = (EMISSIONS_FILE, KNOWN_FILE, RELABELS_FILE, SHARDS["anchors"], SHARDS["human"])
WRITES = ("laundering.json", "doubtful.parquet")
NEEDS = (
    "kind",
    "model",
    "champion",
    "teachers",
    "emissions",
    "known",
    "relabels",
    "watermark",
    "shards",
    "policy.laundering",
    "policy.training",
    "seed",
)
DIGEST = re.compile("[0-9a-f]{64}")
CODE = ("governance.adapters.trainers", "governance.provenance.laundering.signals")


def audit_declarations(desk: Desk, admitted: Path, audit: Mapping[str, Any]) -> None:
    """Hold the admitted rows against everything that was pinned, and write down what a model wrote of them, doubtful rows by id only.

    `audit` is audit.json.
    """
    rules: LaunderingRules = desk.section("policy.laundering", LaunderingRules)
    means = _means(desk, rules)
    known, labels = (pl.scan_parquet(frozen_file(desk, *frozen)) for frozen in ((KNOWN_FILE, "known"), (RELABELS_FILE, "relabels")))
    rows = pl.scan_parquet(admitted)
    batch = batch_of(rows, _references(desk), known, means, rules, seed=desk.need("seed"))
    relabels = relabels_of(rows, known, labels, rows_in=audit["rows_in"], refused=audit["returned_nearer_to_human"])
    found = audited(batch, relabels, rules, seed=desk.need("seed"))
    found.doubtful.write_parquet(desk.writes("doubtful.parquet"))
    write_document(desk.writes("laundering.json"), found.document)


def _references(desk: Desk) -> pl.DataFrame:
    """Pinned human rows; every model of the line has learnt from the anchors, and none from the human shard."""
    shards = [(pinned_shard(desk, name), learnt) for name, learnt in (("anchors", True), ("human", False))]
    return pl.concat([pl.read_parquet(path).with_columns(pl.lit(learnt).alias("learnt")) for path, learnt in shards], how="diagonal")


def _emitted(desk: Desk) -> Scorer | None:
    emissions = read_emissions(frozen_file(desk, EMISSIONS_FILE, "emissions"))
    return None if emissions.table.is_empty() else lambda texts: containment(emissions, texts).shares


def _means(desk: Desk, rules: LaunderingRules) -> Material:
    """What every signal may use: the emission ledger, and the weights that a batch which founds nothing can be read with.

    Weights are opened by the first signal that looks at them, while others read: the libraries that open them take seconds to start.
    """
    founding, pinned = desk.need("kind") == FOUNDING, desk.need("watermark")
    if founding:
        return Material(emissions=_emitted(desk), founding=True)
    models = Later(lambda: _models(desk))
    mark = None if pinned is None else desk.mark(pinned)
    curves = Later(lambda: _curves(models)) if rules.curvature_rows else {}
    marks = {} if mark is None else Later(lambda: _marks(models, mark))
    return Material(emissions=_emitted(desk), teachers=curves, watermarks=marks)


def _models(desk: Desk) -> Mapping[str, LanguageModel]:
    """The frozen teachers whose weights are kept, and the champion, whose own text comes back from wherever it serves.

    A teacher behind an address is pinned by the name that it gives itself: nothing of it can be read.
    """
    known = {name: digest for name, digest in desk.need("teachers").items() if DIGEST.fullmatch(digest)}
    if (champion := desk.need("champion")) is not None:
        known[desk.need("model")] = champion["digest"]
    trainer = desk.trainer(desk.section("policy.training", TrainingRules).trainer)
    return {name: trainer.open(desk.model(digest)) for name, digest in sorted(known.items())}


def _curves(models: Mapping[str, LanguageModel]) -> Mapping[str, Scorer]:
    return {name: model.curvatures for name, model in models.items() if isinstance(model, CurvatureReader)}


def _marks(models: Mapping[str, LanguageModel], mark: Mark) -> Mapping[str, Scorer]:
    """A scorer for each vocabulary in which the mark may have been left; who reads a mark in other tokens finds nothing."""

    def scorer(reader: MarkReader) -> Scorer:
        return lambda texts: reader.greens(texts, mark).z

    return {name: scorer(model) for name, model in models.items() if isinstance(model, MarkReader)}
