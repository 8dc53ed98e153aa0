"""Chains of promoted releases with a planted truth, judged by the shipped decision: documents are drawn, nothing is trained."""

import math
from dataclasses import dataclass, field

import numpy as np
from planted_measures import GATED, entry, lineage, measures, mix

from governance.collapse.intervals import Comparison, compare_logs
from governance.gates.decision import decide
from governance.gates.margins import GateRules

NOISE = 0.004
"""The retrain noise that the probe assumes by default."""
WALK, APART = "walk", "apart"
"""What two retrains differ by: it adds up from release to release, or each release has its own."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """Log perplexity of every document relative to the baseline, per shard."""

    digest: str
    logs: dict[str, np.ndarray]


@dataclass(kw_only=True)
class Chain:
    """One model line. `sd` is that of a document's change between successive releases; `leak` what each loses on the tail."""

    seed: int
    documents: dict[str, int]
    sd: float = 0.1
    leak: float = 0.0
    drift: str = WALK
    rules: GateRules = field(default_factory=GateRules)

    def __post_init__(self):
        self.rng = np.random.Generator(np.random.Philox(self.seed))
        self.promoted: list[tuple[Model, dict]] = []
        self.baseline = Model(digest="b", logs={shard: np.zeros(n) for shard, n in self.documents.items()})

    def cycle(self) -> dict:
        """Train from the champion, judge against baseline, champion and best-ever release, promote a pass; the decision."""
        champion = self.promoted[-1][0] if self.promoted else self.baseline
        candidate = self._train(champion)
        best = min([self.baseline, *(model for model, _ in self.promoted)], key=lambda model: model.logs["tail"].mean())
        references = {"baseline": self.baseline, "champion": champion, "best-ever": best}
        found = [self._entry(shard, candidate, references) for shard in self.documents]
        still = Comparison(change=0.0, low=-0.005, high=0.005, se=0.003, noise=0.0, n=400).document()
        found += [entry(name, **dict.fromkeys(references, still)) for name in GATED if not name.endswith("_perplexity")]
        for one in found:
            one["values"]["best-ever"] = 1.5
        decision = decide(
            measures=measures(*found),
            mix=mix(),
            lineage=lineage(),
            rules=self.rules,
            kind="retraining",
            policy_sha256="ab" * 32,
            champion={"version": 0, "digest": champion.digest},
            baseline={"version": 1, "digest": "b"},
            best_ever={"version": 2, "digest": best.digest},
            history={"baseline": "b", "releases": [{"levels": levels} for _, levels in self.promoted]},
        )
        if decision["verdict"] == "pass":
            against = {
                one["name"]: {"against_baseline": one["against"]["baseline"]} for one in found if one["name"].endswith("_perplexity")
            }
            self.promoted.append((candidate, against))
        return decision

    def _train(self, champion: Model) -> Model:
        retrain = self.rng.normal(0, NOISE)
        logs = {}
        for shard, n in self.documents.items():
            fresh = self.rng.normal(0, self.sd, n) + retrain + (math.log1p(self.leak) if shard == "tail" else 0.0)
            own = champion.logs[shard] if self.drift == WALK else (champion.logs[shard].mean() if self.leak else 0.0)
            logs[shard] = own + fresh
        return Model(digest=f"m{self.rng.integers(2**60)}", logs=logs)

    def _entry(self, shard: str, candidate: Model, references: dict[str, Model]) -> dict:
        against = {name: self._compare(candidate.logs[shard] - model.logs[shard]) for name, model in references.items()}
        return entry(f"{shard}_perplexity", **against)

    def _compare(self, logs: np.ndarray) -> dict:
        n = len(logs)
        if not logs.any():
            return Comparison(change=0.0, low=0.0, high=0.0, se=0.0, noise=0.0, n=n).document()
        return compare_logs(float(logs.mean()), float(logs.std(ddof=1)) / math.sqrt(n), NOISE, units=n, degrees=n - 1).document()


def alarmed(decision: dict) -> bool:
    return any(look["alarmed"] for look in decision["sequential"])
