"""Shadow readings: candidate and champion answer the same logged prompts with the same seeds, and the metrics of text are read on both."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from governance.collapse.evidence import CANDIDATE, CHAMPION, SCORE_SCHEMA, Evidence
from governance.collapse.metric import Kind, Metric
from governance.collapse.probe import ProbePlan
from governance.collapse.report import measure_evidence, shipped_metrics

OF_TEXT = (Kind.SAMPLED_SET, Kind.WRITTEN)
"""Kinds of metrics that need nothing but what models wrote; the others ask for human text or pinned questions."""
LEAST_PROMPTS, MOST_PROMPTS = 6, 5_000
"""Fewer have no interval; more cost hours and settle no more."""


def shadow_plan(plan: ProbePlan, draws: int) -> ProbePlan:
    """As the policy probes, at the temperature at which the model serves, in the wording of the log, so many draws of each prompt."""
    heat = plan.serving_temperature
    return replace(plan, temperatures=(heat,), gate_temperature=heat, wordings={}, samples_per_prompt=draws)


def shadow_prompts(texts: Sequence[str]) -> pl.DataFrame:
    """Different prompts in their order, numbered: the same question asked twice is one unit, and a number says nothing of it."""
    different = list(dict.fromkeys(texts))
    ids = [f"p{number:06}" for number in range(1, len(different) + 1)]
    return pl.DataFrame({"prompt_id": ids, "slice": ["none"] * len(ids), "text": different}, schema_overrides={"text": pl.String})


def read_shadow(samples: pl.DataFrame, plan: ProbePlan, seed: int) -> tuple[dict[str, Any], ...]:
    """The entry of every metric of text, as in measures.json, of the candidate against the champion alone."""
    evidence = Evidence(pl.DataFrame(schema=SCORE_SCHEMA), samples)
    found = measure_evidence(evidence, (), plan, seed, metrics_of_text())
    return tuple(_of_both(entry) for entry in found["metrics"])


def metrics_of_text() -> Mapping[str, Metric]:
    """The shipped metrics that logged prompts are enough for."""
    return {name: metric for name, metric in shipped_metrics().items() if metric.kind in OF_TEXT}


def _of_both(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: entry[key] for key in ("name", "title", "unit", "better", "kind", "units")}
    both = {key: {model: said for model, said in entry[key].items() if model in (CANDIDATE, CHAMPION)} for key in ("values", "reasons")}
    return {**kept, **both, "against": {CHAMPION: entry["against"][CHAMPION]}}
