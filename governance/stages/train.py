"""The stage `train`: the mix and a start become a checkpoint, a log of what was trained on, and a lineage."""

from typing import Any

import polars as pl

from governance.digest import Manifest, digest_file, read_document, write_document
from governance.mixing.rules import MixRules
from governance.ports.desk import Desk
from governance.ports.trainer import TrainingCurve, TrainingJob
from governance.section import section_document
from governance.stages.preferences import preference_marker
from governance.stages.stage import Stage
from governance.training.batch_log import Recorded, refuse_findings, verify_log
from governance.training.batches import Caps
from governance.training.founding import recipe_for
from governance.training.lineage import Lineage, Start
from governance.training.recipe import Recipe
from governance.training.rules import TrainingRules
from governance.training.verification import READ_COLUMNS, verify_training


def train(desk: Desk) -> None:
    """Train, hold the log of batches against the caps, then say what the checkpoint came from.

    Raises: IntegrityError where the trained batches broke a cap: no lineage is written, and nothing after this stage can run.
    """
    rules: TrainingRules = desk.section("policy.training", TrainingRules)
    mixing: MixRules = desk.section("policy.mixing", MixRules)
    start = Start.from_document(desk.need("start"))
    recipe = recipe_for(rules.recipe, start)
    job = _job(desk, start, recipe, mixing)
    curve = desk.trainer(rules.trainer).train(job)
    log = pl.read_parquet(job.batch_log)
    rows_sha256 = digest_file(job.rows)
    _hold(job, log, mixing, rows_sha256)
    mix = read_document(desk.reads("mix.json"))
    lineage = Lineage.of(
        checkpoint=Manifest.of(job.checkpoint).digest,
        start=start,
        mix=mix,
        teachers=desk.need("teachers"),
        recipe=section_document(recipe),
        seed=job.seed,
        log=log,
        rows_sha256=rows_sha256,
        preference_tuned=preference_marker(job.start, said=rules.preference_tuned),
    )
    write_document(desk.writes("training.json"), curve_document(curve))
    write_document(desk.writes("lineage.json"), lineage.document())


def _hold(job: TrainingJob, log: pl.DataFrame, mixing: MixRules, rows_sha256: str) -> None:
    """Recompute what was trained on from the rows. Raises: IntegrityError naming the batches that are not as logged or broke a cap."""
    verify_log(log, Caps(anchor_percent=mixing.anchor_percent, synthetic_cap_percent=mixing.synthetic_cap_percent))
    found = verify_training(
        log,
        pl.read_parquet(job.rows, columns=list(READ_COLUMNS)),
        rows_sha256=rows_sha256,
        recorded=Recorded.of(log, rows_sha256),
        block_tokens=job.recipe.block_tokens,
        rules=mixing,
        rare_slice_percent=0,
    )
    refuse_findings((*found.altered, *found.broken))


def curve_document(curve: TrainingCurve) -> dict[str, Any]:
    """training.json: what optimisation looked like. Neither the clock nor whether the run was resumed is in it: both may differ."""
    return {
        "schema": "heirloom/training/1",
        "steps": list(curve.steps),
        "losses": list(curve.losses),
        "learning_rates": list(curve.learning_rates),
        "gradient_norms": list(curve.gradient_norms),
    }


def _job(desk: Desk, start: Start, recipe: Recipe, mixing: MixRules) -> TrainingJob:
    bar = desk.progress("train")
    return TrainingJob(
        start=desk.model(start.digest),
        rows=desk.reads("mix.parquet"),
        scratch=desk.scratch(),
        checkpoint=desk.writes("checkpoint/"),
        batch_log=desk.writes("batches.parquet"),
        recipe=recipe,
        seed=desk.need("seed"),
        anchor_percent=mixing.anchor_percent,
        synthetic_cap_percent=mixing.synthetic_cap_percent,
        progress=lambda done, total, loss: bar(done, total, f"loss {loss:.3f} nats per token"),
    )


STAGE = Stage(
    name="train",
    reads=("mix.parquet", "mix.json"),
    writes=("checkpoint/", "batches.parquet", "training.json", "lineage.json"),
    needs=("start", "teachers", "policy.training", "policy.mixing", "seed"),
    code=("governance.adapters.trainers",),
    work=train,
)
