"""measures.json, mix.json and lineage.json with planted readings."""

from typing import Any

from governance.gates.margins import GateRules

GATED = ("tail_perplexity", "human_perplexity", "distinct_2", "distinct_3", "ngram_entropy")
TITLES = {"tail_perplexity": "tail perplexity", "human_perplexity": "human perplexity"}
RULES = GateRules()


def comparison(change: float = 0.0, width: float = 0.005, n: int = 400, noise: float = 0.0) -> dict[str, Any]:
    return {"change": change, "low": change - width, "high": change + width, "se": width / 1.65, "noise": noise, "n": n}


def entry(name: str, **against: Any) -> dict[str, Any]:
    """One metric's entry; by default nothing moved."""
    found = {"baseline": comparison(), "champion": comparison()} | against
    values = dict.fromkeys(("candidate", "champion", "baseline"), 1.5)
    return {"name": name, "title": TITLES.get(name, name), "values": values, "reasons": {}, "units": 400, "against": found, "slices": {}}


def measures(*entries: dict[str, Any]) -> dict[str, Any]:
    """All gated metrics, the given ones in place of those where nothing moved; an empty `against` entry is kept."""
    given = {e["name"]: e for e in entries}
    every = {name: entry(name) for name in (*GATED, "training_perplexity")} | given
    return {"schema": "heirloom/measures/1", "metrics": list(every.values())}


def mix(synthetic: int = 30, human: int = 55, anchor: int = 15, cap: int = 40) -> dict[str, Any]:
    tokens = {"anchor": anchor, "human": human, "synthetic": synthetic}
    return {"schema": "heirloom/mix/1", "tokens": tokens, "shards": [{"shard": 0, **tokens}], "synthetic_cap_percent": cap}


def lineage(synthetic: int = 30, human: int = 55, anchor: int = 15) -> dict[str, Any]:
    total = synthetic + human + anchor
    return {
        "schema": "heirloom/lineage/1",
        "trained_tokens": {"anchor": anchor, "human": human, "synthetic": synthetic},
        "synthetic_tokens": synthetic,
        "total_tokens": total,
        "worst_shard_synthetic": {"synthetic": synthetic, "total": total},
    }


def question(**changes: Any) -> dict[str, Any]:
    """Arguments of `decide` for a retraining where nothing moved."""
    return {
        "measures": measures(),
        "mix": mix(),
        "lineage": lineage(),
        "rules": RULES,
        "kind": "retraining",
        "policy_sha256": "ab" * 32,
        "champion": {"version": 2, "digest": "c"},
        "baseline": {"version": 1, "digest": "b"},
    } | changes
