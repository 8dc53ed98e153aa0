"""scores.parquet, samples.parquet and choices.parquet -> measures.json."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from governance.collapse.controls import measure_controls
from governance.collapse.evidence import CHOICE_SCHEMA, CONTROL_TABLES, TABLES, Evidence
from governance.collapse.metric import Metric
from governance.collapse.noise import Noise
from governance.collapse.pinned import Pinned, held_against
from governance.collapse.probe import ProbePlan
from governance.collapse.report import measure_evidence, shipped_metrics
from governance.digest import digest_file, write_document
from governance.errors import IntegrityError
from governance.ports.desk import SHARDS, Desk
from governance.stages.looks import NEEDS, looked_at
from governance.stages.stage import Stage

ID_OF = {"tail": "row_id", "human": "row_id", "prompts": "prompt_id"}
NO_ROWS = pl.DataFrame(schema={"row_id": pl.String, "text": pl.String, "slice": pl.String})


def work(desk: Desk, metrics: Mapping[str, Metric] | None = None) -> None:
    """Take every reading; a drill may name other metrics.

    Raises: IntegrityError where a file of the probe does not have the columns of its schema.
    """
    pinned = _pinned(desk)
    seen = _looked_at(desk, pinned)
    evidence = held_against(_evidence(desk, *TABLES), seen)
    human = pinned.rows.get("human", NO_ROWS)
    texts, slices = human["text"].to_list(), human["slice"].fill_null("none").to_list()
    noises = {name: Noise.from_document(found) for name, found in desk.need("retrain_noise").items()}
    plan, seed = desk.section("policy.probe", ProbePlan), desk.need("seed")
    encoder = desk.encoder(plan.encoder) if plan.encoder else None
    measures = measure_evidence(evidence, texts, plan, seed, metrics, human_slices=slices, noises=noises, encoder=encoder)
    probed = _evidence(desk, *CONTROL_TABLES)
    chosen = shipped_metrics() if metrics is None else metrics
    controls = measure_controls(probed, evidence, seen, plan, seed=seed, metrics=chosen, noises=noises)
    write_document(desk.writes("measures.json"), {**measures, "controls": controls})


def _evidence(desk: Desk, *files: str) -> Evidence:
    """The frames of a probe; the models of known quality were asked for no choices."""
    scores, samples, *rest = (pl.read_parquet(desk.reads(name)) for name in files)
    try:
        return Evidence(scores=scores, samples=samples, choices=rest[0] if rest else CHOICE_SCHEMA.to_frame())
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise IntegrityError(str(error), where=", ".join(files), fix="run the probe stage again") from error


def _pinned(desk: Desk) -> Pinned:
    """The shards as they lie there now; one that was altered since the cycle was frozen makes what was read from it unmeasured."""
    expected: dict[str, Any] = desk.need("shards")
    rows, faults = {}, {}
    for name, key in ID_OF.items():
        path = desk.reads(SHARDS[name])
        if (found := digest_file(path)) == expected[name]:
            source = ["source_id"] if "source_id" in pl.read_parquet_schema(path) else []
            rows[name] = pl.read_parquet(path, columns=[key, "text", "slice", *source])
        else:
            faults[name] = f"it is {found[:12]} now, and was pinned as {str(expected[name])[:12]}"
    return Pinned(rows=rows, faults=faults)


def _looked_at(desk: Desk, pinned: Pinned) -> Pinned:
    """What this look should have scored: not the documents that are held back for a second one."""
    rows = {name: frame if name == "prompts" else looked_at(desk, frame) for name, frame in pinned.rows.items()}
    return Pinned(rows=rows, faults=pinned.faults)


STAGE = Stage(
    name="measure",
    reads=(*TABLES, *CONTROL_TABLES, *(SHARDS[name] for name in ID_OF)),
    writes=("measures.json",),
    needs=("policy.probe", "seed", "shards", "retrain_noise", *NEEDS),
    code=("governance.collapse.metrics", "governance.adapters.embedding_cache", "governance.adapters.sentence_encoder"),
    work=work,
)
