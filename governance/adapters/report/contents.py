"""What went in and where it came from: the mix, what was dropped and refused, the lineage, the training curve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from governance.adapters.report.documents import CycleDocuments
from governance.adapters.report.drawing import curve, share_bar
from governance.adapters.report.numbers import MISSING, count, interval, percent, reading, share
from governance.adapters.report.visible import line
from governance.mixing.benchmarks import benchmark_words
from governance.mixing.conscience import alarms, retained
from governance.mixing.regime import regime_words
from governance.provenance.descent_words import depth_words, descent_of_document, mean_words, share_words, token_words
from governance.provenance.success_names import success_words

ROLES = ("anchor", "human", "synthetic")
SHARDS_SHOWN = 16
ALARMS_SHOWN = 8
MODELS = ("candidate", "champion", "baseline")
BEST_EVER = "best-ever"
"""Shown in columns of its own where it was asked, which is where it is neither champion nor baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRow:
    """One shard of the mix: its bar and its shares in words."""

    shard: str
    tokens: str
    shares: Mapping[str, str]
    picture: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The training loss: its picture and the ends that stand beside it."""

    picture: Markup
    first: str
    last: str
    steps: str
    highest: str
    lowest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One metric of measures.json: readings of the models, changes against the references."""

    title: str
    unit: str
    values: Sequence[str]
    changes: Sequence[tuple[str, str]]
    reasons: Sequence[str]


def synthetic_share(mix: Mapping[str, int]) -> str:
    """Synthetic of human plus synthetic tokens, as the cap counts it: anchors are left out."""
    counted = mix.get("counted", mix["synthetic"])
    return share(counted, counted + mix["human"])


def whole_run(mix: Mapping[str, Any]) -> Mapping[str, int]:
    """Tokens of a mix.json by role, and `counted`: the synthetic ones that the cap counts."""
    tokens: Mapping[str, int] = mix["tokens"]
    return {**tokens, "counted": int(mix.get("counted_tokens", tokens["synthetic"]))}


def weights_words(mix: Mapping[str, Any]) -> str:
    """How hybrid and exposed rows were counted, as a sentence."""
    lowered = [found for found in (mix.get("weights") or {}).values() if found["counted"] < found["tokens"]]
    if not lowered:
        return "Hybrid and exposed rows count as synthetic in full."
    rows, tokens, counted = (sum(int(found[name]) for found in lowered) for name in ("rows", "tokens", "counted"))
    return f"{count(rows)} hybrid or exposed rows of {count(tokens)} tokens count as {count(counted)} synthetic ones under the policy."


def shard_rows(mix: Mapping[str, Any]) -> Sequence[ShardRow]:
    """The whole run first, then its shards, those with the largest synthetic share first when there are many."""
    shards = sorted(mix["shards"], key=_capped_share, reverse=True)[:SHARDS_SHOWN]
    rows = [_shard_row("whole run", whole_run(mix))]
    return rows + [_shard_row(f"shard {s['shard']}", s) for s in sorted(shards, key=lambda s: int(s["shard"]))]


def refused_rows(documents: CycleDocuments) -> Sequence[tuple[str, str, str, str]]:
    """(where, rule, rows, tokens) of everything that came in and was not trained on."""
    audit, mix = documents.audit or {}, documents.mix or {}
    refused = [("quarantined at the door", line(rule), count(n), MISSING) for rule, n in sorted(audit.get("by_rule", {}).items())]
    lost = mix.get("tokens_dropped", {})
    return refused + [
        ("left out of the mix", line(rule), count(n), count(lost.get(rule))) for rule, n in sorted(mix.get("dropped", {}).items())
    ]


def tail_rows(mix: Mapping[str, Any] | None) -> Sequence[tuple[str, str, str, str, str]]:
    """(rule, human rows left, rare words left, their share, the slice that lost most) of every rule that took human rows."""
    return [
        (
            line(found.rule),
            f"{count(found.rows[0])} of {count(found.rows[1])}",
            f"{count(found.words[0])} of {count(found.words[1])}",
            share(*found.words),
            f"{line(found.worst_slice, 80)}: {count(found.worst_words[0])} of {count(found.worst_words[1])}",
        )
        for found in retained(mix or {})
    ]


def mix_alarms(mix: Mapping[str, Any] | None, audit: Mapping[str, Any] | None = None) -> Sequence[str]:
    """What the filters, and columns that nobody mapped, want somebody to look at; of many the first, and how many more there are."""
    unmapped = (audit or {}).get("unmapped_success", ())
    found = [*([success_words(unmapped)] if unmapped else []), *alarms(mix or {})]
    rest = len(found) - ALARMS_SHOWN
    return [line(alarm, 300) for alarm in found[:ALARMS_SHOWN]] + ([f"{count(rest)} more, in mix.json"] if rest > 0 else [])


def benchmark_rows(mix: Mapping[str, Any] | None) -> Sequence[str]:
    """A sentence for each benchmark that rows were compared with."""
    return [line(words[0].upper() + words[1:], 300) for words in benchmark_words(mix or {})]


def expectation_rows(audit: Mapping[str, Any] | None) -> Sequence[tuple[str, str, str]]:
    """(name, held or not, observed) of the batch expectations."""
    found = (audit or {}).get("expectations", [])
    return [(line(str(e["name"])), "held" if e["success"] else "not held", line(str(e.get("observed", "")))) for e in found]


def origin_rows(audit: Mapping[str, Any] | None) -> Sequence[tuple[str, str]]:
    return [(line(origin), count(n)) for origin, n in sorted((audit or {}).get("by_origin", {}).items())]


def lineage_facts(documents: CycleDocuments) -> Sequence[tuple[str, str]]:
    """Who this model descends from, in numbers: share and depth flow through initial weights as well as through rows."""
    lineage = documents.lineage
    if lineage is None:
        return []
    worst, descent = lineage["worst_shard_synthetic"], descent_of_document(lineage)
    return [
        ("Synthetic tokens, start included", f"{share_words(descent.share)} of {token_words(descent)}"),
        ("Depth of recursion", depth_words(descent)),
        ("Models per token, in the mean", mean_words(descent.mean_depth)),
        ("Effective synthetic share", f"{share_words(descent.effective_share)}: a token counts once for each model that it went through"),
        ("Worst shard", share(worst["synthetic"], worst["total"])),
        ("Trained now", ", ".join(f"{count(lineage['trained_tokens'][role])} {role}" for role in ROLES) + " tokens"),
        ("Batches", _batch_words(lineage)),
        ("Anchors shown", _anchor_words(documents)),
        ("Regime", line(regime_words(documents.mix), 300) if documents.mix and "regime" in documents.mix else MISSING),
        ("Started from", _start_words(documents)),
        ("Teachers", ", ".join(line(name) for name in sorted(documents.cycle.get("teachers") or {})) or "none"),
        ("Seed", str(lineage["seed"])),
    ]


def training_curve(training: Mapping[str, Any] | None) -> Curve | None:
    """The loss per logged step; None where fewer than two were logged."""
    points = loss_points(training)
    if len(points) < 2:
        return None
    values = [value for _, value in points]
    return Curve(
        picture=curve(points),
        first=f"{values[0]:.3f}",
        last=f"{values[-1]:.3f}",
        steps=f"{points[0][0]:,} to {points[-1][0]:,}",
        highest=f"{max(values):.3f}",
        lowest=f"{min(values):.3f}",
    )


def loss_points(training: Mapping[str, Any] | None) -> Sequence[tuple[int, float]]:
    """(step, loss in nats per token) of training.json; its curve stands at the top or under `curve`."""
    found = training or {}
    holder = found.get("curve", found)
    return list(zip(holder.get("steps", ()), holder.get("losses", ()), strict=False))


def metric_rows(documents: CycleDocuments) -> Sequence[MetricRow]:
    entries = documents.measures["metrics"] if documents.measures else []
    more = (BEST_EVER,) if any(BEST_EVER in entry["values"] for entry in entries) else ()
    return [_metric_row(entry, more) for entry in entries]


def unmeasured_rows(documents: CycleDocuments) -> Sequence[tuple[str, str]]:
    """Metrics that could not be read of the candidate, and why."""
    entries = documents.measures["metrics"] if documents.measures else []
    none = [entry for entry in entries if entry["values"].get("candidate") is None]
    return [
        (line(str(entry["title"])), line(str((entry.get("reasons") or {}).get("candidate") or "no reason was given"))) for entry in none
    ]


def _metric_row(entry: Mapping[str, Any], more: tuple[str, ...]) -> MetricRow:
    against = [(entry["against"].get(name) or {}) for name in ("baseline", "champion", *more)]
    reasons = [*(entry.get("reasons") or {}).values(), *(found.get("reason") for found in against)]
    return MetricRow(
        title=line(str(entry["title"])),
        unit=line(str(entry["unit"])),
        values=[reading(entry["values"].get(model)) for model in (*MODELS, *more)],
        changes=[(percent(found.get("change")), interval(found)) for found in against],
        reasons=sorted({line(str(reason)) for reason in reasons if reason}),
    )


def _capped_share(shard: Mapping[str, int]) -> float:
    counted = shard.get("counted", shard["synthetic"])
    return counted / max(1, counted + shard["human"])


def _shard_row(name: str, tokens: Mapping[str, int]) -> ShardRow:
    parts = [(role, int(tokens[role])) for role in ROLES]
    whole = sum(number for _, number in parts)
    shares = {role: share(number, whole) for role, number in parts} | {"capped": synthetic_share(tokens)}
    return ShardRow(shard=name, tokens=count(whole), shares=shares, picture=share_bar(parts))


def _batch_words(lineage: Mapping[str, Any]) -> str:
    """How many batches there are, and the digest that their chain ends with."""
    found = lineage.get("batch_log")
    return f"{count(found['batches'])}, the last is {str(found['head'])[:16]}" if found else MISSING


def _anchor_words(documents: CycleDocuments) -> str:
    """How often the run really showed the anchors, and the warning where that is too often to learn from them."""
    mix, lineage = documents.mix or {}, documents.lineage or {}
    one, limit = mix.get("anchor_pass_tokens"), mix.get("warned_anchor_passes")
    if not one or limit is None:
        return MISSING
    passes = lineage["trained_tokens"]["anchor"] / one
    return f"{passes:.1f} times" + (f": beyond {limit} a text is learnt by heart" if passes > limit else "")


def _start_words(documents: CycleDocuments) -> str:
    start = documents.cycle.get("start") or {}
    version = start.get("version")
    name = "fresh weights" if documents.cycle.get("kind") == "founding" else f"version {version}" if version else "an unnumbered checkpoint"
    return f"{name} ({str(start.get('digest', ''))[:16]}), itself depth {depth_words(descent_of_document(start)) if start else 0}"
