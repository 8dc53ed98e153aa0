"""scores.parquet and samples.parquet -> measures.json."""

from collections.abc import Mapping

import polars as pl

from governance.collapse.evidence import Evidence
from governance.collapse.metric import Metric
from governance.collapse.probe import ProbePlan
from governance.collapse.report import measure_evidence
from governance.digest import write_document
from governance.errors import IntegrityError
from governance.ports.desk import SHARDS, Desk
from governance.stages.stage import Stage


def work(desk: Desk, metrics: Mapping[str, Metric] | None = None) -> None:
    """Take every reading; a drill may name other metrics.

    Raises: IntegrityError where a file of the probe does not have the columns of its schema.
    """
    scores, samples = pl.read_parquet(desk.reads("scores.parquet")), pl.read_parquet(desk.reads("samples.parquet"))
    human = pl.read_parquet(desk.reads(SHARDS["human"]), columns=["text", "slice"])
    try:
        evidence = Evidence(scores=scores, samples=samples)
    except (ValueError, pl.exceptions.PolarsError) as error:
        raise IntegrityError(str(error), where="scores.parquet, samples.parquet", fix="run the probe stage again") from error
    plan = desk.section("policy.probe", ProbePlan)
    slices = human["slice"].fill_null("none").to_list()
    measures = measure_evidence(evidence, human["text"].to_list(), plan, desk.need("seed"), metrics, human_slices=slices)
    write_document(desk.writes("measures.json"), measures)


STAGE = Stage(
    name="measure",
    reads=("scores.parquet", "samples.parquet", SHARDS["human"]),
    writes=("measures.json",),
    needs=("policy.probe", "seed"),
    code=("governance.collapse.metrics",),
    work=work,
)
