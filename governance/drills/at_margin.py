"""Candidates placed exactly at a margin: the one place where a false promotion has a rate to hold (SCIENCE section 6)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import polars as pl

from governance.collapse.evidence import BASELINE, CANDIDATE, SAMPLE_SCHEMA, SCORE_SCHEMA, Evidence
from governance.collapse.intervals import generator
from governance.collapse.metric import Metric
from governance.collapse.report import measure_evidence, shipped_metrics
from governance.drills.table import MOST_FALSE_PROMOTIONS, Promise
from governance.drills.trial import Instruments, Probed
from governance.gates.alarms import against_baseline
from governance.gates.decision import decide, shipped_gates
from governance.gates.gate import Gate, Verdict
from governance.provenance.corpus.shares import Counted

AT_MARGIN = "at_margin"
SHARD_OF = {"tail_perplexity": "tail", "human_perplexity": "human"}
"""Gates of paired documents; the other gates of a margin read samples."""
TRIED_FOR_A_SHARE, HALVINGS = 8, 8


class Place(Protocol):
    """Makes pairs of a candidate and a baseline, with the candidate at the margin on average."""

    def evidence(self, seed: int, turn: int) -> Evidence:
        """One pair: a function of the seed and its number."""


def margin_promises(
    good: Probed, spoiled: Probed | None, instruments: Instruments, pairs: int, tried: int = TRIED_FOR_A_SHARE
) -> Iterator[Promise]:
    """For every gate with a margin: how often a candidate that lies exactly there is passed.

    `good` is a probe of a human-only candidate, `spoiled` one of a candidate that lost its variety; without it no gate of samples is
    asked; of its texts so many go in that the mean of `tried` candidates is at the margin. The margin is the one that the policy
    promises, whatever the gates at hand make of it.
    """
    metrics, gates = instruments.metrics or shipped_metrics(), instruments.gates or shipped_gates()
    for name, margin in _margins(instruments).items():
        place = _place(name, margin, good, spoiled, instruments, tried=tried)
        if place is None or name not in metrics or name not in gates:
            continue
        verdicts = [_verdict(place.evidence(good.seed, turn), metrics[name], gates[name], instruments) for turn in range(pairs)]
        counted = Counted(hits=sum(verdict is Verdict.PASS for verdict in verdicts), rows=pairs)
        yield Promise(fault=AT_MARGIN, what=f"{name} passes", counted=counted, bound=MOST_FALSE_PROMOTIONS, at_least=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Documents:
    """Scores of one shard: the candidate's surprise is the baseline's plus the margin a token.

    To it comes what the two real models differ by on each source document, with its sign dealt out anew, and the retrain noise that the
    policy assumes.
    """

    rows: pl.DataFrame
    margin: float
    noise: float

    def evidence(self, seed: int, turn: int) -> Evidence:
        stream = generator(seed, f"drill at margin {turn}")
        baseline, real = (self.rows.filter(pl.col("model") == model).sort("doc_id") for model in (BASELINE, CANDIDATE))
        tokens = baseline["tokens"].to_numpy()
        apart = real["bits"].to_numpy() - baseline["bits"].to_numpy()
        apart = apart - tokens * (apart.sum() / tokens.sum())
        _, sources = np.unique(baseline["source_id"].to_numpy(), return_inverse=True)
        signs = stream.choice([-1.0, 1.0], int(sources.max()) + 1)[sources]
        shift = math.log1p(self.margin) + stream.normal(0.0, self.noise)
        bits = baseline["bits"].to_numpy() + tokens * shift / math.log(2) + signs * apart
        candidate = baseline.with_columns(pl.lit(CANDIDATE).alias("model"), pl.Series("bits", bits))
        return Evidence(scores=pl.concat([candidate, baseline]), samples=pl.DataFrame(schema=SAMPLE_SCHEMA))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sampled:
    """Samples of which a share is the spoiled candidate's and the rest the good one's. The prompts are the same in all pairs."""

    baseline: pl.DataFrame
    good: pl.DataFrame
    spoiled: pl.DataFrame
    share: float
    tried: int

    def evidence(self, seed: int, turn: int) -> Evidence:
        chosen = generator(seed, f"drill at margin {turn}").random(self.good.height) < self.share
        mixed = self.good.with_columns(pl.when(pl.Series(chosen)).then(self.spoiled["text"]).otherwise(pl.col("text")).alias("text"))
        return Evidence(scores=pl.DataFrame(schema=SCORE_SCHEMA), samples=pl.concat([mixed, self.baseline]))

    def placed(self, metric: Metric, margin: float, instruments: Instruments, seed: int) -> "Sampled | None":
        """With the share at which the reading is the margin lower on average, by halving; None where even all of it is not so low."""
        low, high = 0.0, 1.0
        if self._change(1.0, metric, instruments, seed) > math.log1p(-margin):
            return None
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            beyond = self._change(middle, metric, instruments, seed) < math.log1p(-margin)
            low, high = (low, middle) if beyond else (middle, high)
        return replace(self, share=(low + high) / 2)

    def _change(self, share: float, metric: Metric, instruments: Instruments, seed: int) -> float:
        """Mean log ratio to the baseline; pairs that are judged later are not among these."""
        at = replace(self, share=share)
        found = [_measures(at.evidence(seed, -1 - turn), metric, instruments) for turn in range(self.tried)]
        changes = [against_baseline({metric.name: measures["metrics"][0]}, metric.name) for measures in found]
        return float(np.mean([math.log1p(change.change) for change in changes if change is not None]))


def _place(name: str, margin: float, good: Probed, spoiled: Probed | None, instruments: Instruments, *, tried: int) -> Place | None:
    if name in SHARD_OF:
        scores = pl.read_parquet(good.desk.place / "scores.parquet").filter(pl.col("shard") == SHARD_OF[name])
        return Documents(rows=scores, margin=margin, noise=instruments.plan.retrain_noise_percent / 100)
    if spoiled is None or name not in shipped_metrics():
        return None
    honest, poor = (_samples(probed, instruments) for probed in (good, spoiled))
    everything = Sampled(
        baseline=honest.filter(pl.col("model") == BASELINE),
        good=honest.filter(pl.col("model") == CANDIDATE),
        spoiled=poor.filter(pl.col("model") == CANDIDATE),
        share=1.0,
        tried=tried,
    )
    return everything.placed(shipped_metrics()[name], margin, instruments, good.seed)


def _samples(probed: Probed, instruments: Instruments) -> pl.DataFrame:
    frame = pl.read_parquet(probed.desk.place / "samples.parquet")
    return frame.filter(pl.col("temperature") == instruments.plan.gate_temperature).sort("prompt_id", "draw")


def _margins(instruments: Instruments) -> Mapping[str, float]:
    """What the policy promises of each enabled gate that has a margin."""
    rules, gates = instruments.rules, shipped_gates()
    margins = {name: rules.margins.get(name, gate.margin) for name, gate in gates.items() if name in rules.enabled}
    return {name: margin.margin_percent / 100 for name, margin in margins.items() if margin is not None}


def _measures(evidence: Evidence, metric: Metric, instruments: Instruments) -> dict[str, Any]:
    plan = replace(instruments.plan, temperatures=(instruments.plan.gate_temperature,))
    return measure_evidence(evidence, [], plan, 0, metrics={metric.name: metric})


def _verdict(evidence: Evidence, metric: Metric, gate: Gate, instruments: Instruments) -> Verdict:
    margins = {name: margin for name, margin in instruments.rules.margins.items() if name == gate.name}
    decision = decide(
        measures=_measures(evidence, metric, instruments),
        mix={},
        lineage={},
        rules=replace(instruments.rules, enabled=(gate.name,), margins=margins, slices_block=False),
        kind="retraining",
        policy_sha256="",
        champion=None,
        baseline={"version": 1, "digest": BASELINE},
        gates={gate.name: gate},
    )
    return Verdict(decision["verdict"])
