"""The run's own controls, read by the same code as the candidate: what a gate must pass, what it must block, and who answered whom."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from governance.collapse.evidence import BASELINE, CANDIDATE, CHAMPION, PLAIN, Evidence
from governance.collapse.metric import Metric
from governance.collapse.noise import Noise
from governance.collapse.pinned import Pinned, held_against
from governance.collapse.probe import ProbePlan
from governance.collapse.report import measure_evidence

KNOWN_GOOD, KNOWN_COLLAPSED, ASKED_AGAIN = "known-good", "known-collapsed", "asked-again"
PLANTED = 0.25
"""What the known-collapsed model costs more in perplexity: beyond any margin that deserves the name."""
SCORED = ("tail_perplexity", "human_perplexity")
"""Metrics in which the planted loss is known to the digit."""
WRITTEN = ("distinct_2", "distinct_3", "ngram_entropy")
"""Metrics that sharpened text is known to lower."""
RUN_DRAWS = 2
"""Draws of a prompt, at most, that the run's own controls are asked for: intervals go by prompts, and what is planted is margins wide."""


def control_plan(plan: ProbePlan) -> ProbePlan:
    """What human-only controls are asked: all that gates read, for their spread is to be that of a candidate."""
    return replace(plan.gated(), training_sample=0)


def run_plan(plan: ProbePlan) -> ProbePlan:
    """What the run's own controls are asked: the same with few draws."""
    return replace(control_plan(plan), samples_per_prompt=min(RUN_DRAWS, plan.samples_per_prompt))


def measure_controls(
    probed: Evidence,
    evidence: Evidence,
    pinned: Pinned,
    plan: ProbePlan,
    *,
    seed: int,
    metrics: Mapping[str, Metric],
    noises: Mapping[str, Noise],
) -> dict[str, Any] | None:
    """Each control as a candidate against the champion; None where the probe made none, as in a founding cycle."""
    if probed.scores.is_empty():
        return None
    chosen = {name: metric for name, metric in metrics.items() if name in (*SCORED, *WRITTEN)}
    found: dict[str, Any] = {"planted": PLANTED, ASKED_AGAIN: _answers_alike(probed.samples, evidence, plan)}
    for name in (KNOWN_GOOD, KNOWN_COLLAPSED):
        pair = held_against(pair_with(name, probed, evidence, plan), pinned)
        found[name] = measure_evidence(pair, (), control_plan(plan), seed, chosen, noises=noises)["metrics"]
    return found


def pair_with(name: str, probed: Evidence, evidence: Evidence, plan: ProbePlan, *, reference: str = CHAMPION) -> Evidence:
    """A control under the candidate's name, and a model of the evidence under the baseline's: what gates read of the control's draws."""
    written = probed.samples.filter(model=name)
    drawn = pl.col("draw").is_in(written["draw"].unique().implode())
    gated = (pl.col("temperature") == plan.gate_temperature) & (pl.col("wording") == PLAIN) & drawn
    shards = pl.col("shard").is_in(["tail", "human"])
    return Evidence(
        scores=_named(probed.scores.filter(model=name), evidence.scores.filter(shards & (pl.col("model") == reference))),
        samples=_named(written, evidence.samples.filter(gated & (pl.col("model") == reference))),
    )


def _named(control: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    ours, theirs = (frame.with_columns(model=pl.lit(name)) for frame, name in ((control, CANDIDATE), (other, BASELINE)))
    return pl.concat([ours.select(theirs.columns), theirs])


def _answers_alike(samples: pl.DataFrame, evidence: Evidence, plan: ProbePlan) -> dict[str, int]:
    """Of the champion's first answers that were asked for again, with the other prompts left empty, how many came back the same."""
    keys = ["prompt_id", "draw"]
    gated = (pl.col("model") == CHAMPION) & (pl.col("wording") == PLAIN) & (pl.col("temperature") == plan.gate_temperature)
    again = samples.filter(model=ASKED_AGAIN).select(*keys, again=pl.col("text"))
    both = again.join(evidence.samples.filter(gated).select(*keys, "text"), on=keys, how="left")
    return {"asked": both.height, "same": int(both["text"].eq(both["again"]).fill_null(value=False).sum())}
