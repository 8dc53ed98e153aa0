"""A cycle as the stages leave it: believable numbers, and a hostile string wherever data could put one."""

import json
import math
from pathlib import Path
from typing import Any

import polars as pl

from governance.digest import Manifest, write_document

HOSTILE = "<script>document.title='hacked'</script><img src=x onerror=\"document.title='hacked'\">\u202eevil\x1b[31m\x00"
SHA = {name: f"{number:x}" * 64 for number, name in enumerate(("batch", "anchors", "tail", "human", "prompts", "start", "policy"), start=1)}


def comparison(change: float, half: float, n: int = 240) -> dict[str, Any]:
    return {"change": change, "low": change - half, "high": change + half, "se": half / 1.64, "n": n}


def a_metric(
    name: str, title: str, unit: str, *, better: str, value: float, change: float, half: float, slices: bool = False
) -> dict[str, Any]:
    topics = ("language reference", "asyncio", "data model", "networking", "text processing", "file formats")
    moved = {topic: comparison(change + (place - 3) * half, half * 2.4, 40 + place) for place, topic in enumerate(topics)}
    return {
        "name": name,
        "title": title,
        "unit": unit,
        "better": better,
        "kind": "paired-documents" if slices else "sampled-set",
        "values": {"candidate": value * (1 + change), "champion": value * 0.998, "baseline": value},
        "reasons": {},
        "against": {"baseline": comparison(change, half), "champion": comparison(change / 8, half)},
        "slices": moved if slices else {},
        "worst_slice": topics[-1] if slices else None,
    }


def a_gate(metric: dict[str, Any], limit: float, against: str, verdict: str, reason: str) -> dict[str, Any]:
    found = metric["against"][against]
    numbers = {name: found[name] for name in ("change", "low", "high", "n")}
    gate = {"gate": metric["name"], "metric": metric["name"], "against": against, "verdict": verdict, "reason": reason, "limit": limit}
    return {**gate, **numbers, "documents_needed": 410 if verdict == "inconclusive" else None}


def the_metrics(tail: float) -> list[dict[str, Any]]:
    return [
        a_metric("tail_perplexity", "Tail perplexity", "bits/byte", better="lower", value=2.184, change=tail, half=0.009, slices=True),
        a_metric("human_perplexity", "Perplexity of human text", "bits/byte", better="lower", value=1.921, change=0.004, half=0.006),
        a_metric("distinct_2", "Distinct 2-grams", "share", better="two-sided", value=0.312, change=-0.031, half=0.028),
        a_metric("ngram_entropy", "Bigram entropy", "bits", better="higher", value=9.41, change=-0.006, half=0.011),
        a_metric("self_bleu", "Self-BLEU", "share", better="lower", value=0.241, change=0.012, half=0.03),
    ]


def the_gates(metrics: list[dict[str, Any]], verdict: str) -> list[dict[str, Any]]:
    tail, human, distinct, entropy = metrics[:4]
    said = {
        "pass": "the upper bound is inside the margin",
        "block": "the lower bound is beyond the margin",
        "inconclusive": "the bounds straddle the margin",
    }
    return [
        a_gate(tail, 0.05, "baseline", verdict, f"tail perplexity: {said[verdict]}"),
        a_gate(tail, 0.025, "champion", "pass", "step against the champion is inside its limit"),
        a_gate(human, 0.03, "baseline", "pass", "the upper bound is inside the margin"),
        a_gate(distinct, 0.10, "baseline", "pass", "both bounds are inside the margin"),
        a_gate(entropy, 0.03, "baseline", "pass", "the lower bound is inside the margin"),
        {
            "gate": "recursion_depth",
            "metric": "-",
            "against": "-",
            "verdict": "pass",
            "reason": "depth 1, limit 3",
            "change": None,
            "low": None,
        }
        | {"high": None, "limit": None, "n": None, "documents_needed": None},
    ]


def the_cycle(kind: str) -> dict[str, Any]:
    founding = kind == "founding"
    return {
        "schema": "heirloom/cycle/1",
        "number": 1 if founding else 3,
        "kind": kind,
        "model": "student",
        "environment": "demo",
        "batch": {"digest": SHA["batch"], "files": []},
        "mapping": {},
        "shards": {name: SHA[name] for name in ("anchors", "tail", "human", "prompts")},
        "start": {"digest": SHA["start"], "version": None if founding else 2, "synthetic_tokens": 0, "total_tokens": 0, "depth": 0},
        "champion": None if founding else {"version": 2, "digest": SHA["start"]},
        "baseline": None if founding else {"version": 1, "digest": SHA["start"]},
        "teachers": {} if founding else {"docs-teacher": SHA["start"]},
        "ledger_head": {"seq": 9, "digest": SHA["policy"]},
        "policy": {"promotion": {"mode": "auto"}},
        "policy_sha256": SHA["policy"],
        "seed": 7,
    }


def the_mix(founding: bool) -> dict[str, Any]:
    shards = [{"shard": n, "anchor": 15_200, "human": 52_000 - 900 * n, "synthetic": 0 if founding else 23_000 + 900 * n} for n in range(5)]
    tokens = {role: sum(s[role] for s in shards) for role in ("anchor", "human", "synthetic")}
    return {
        "schema": "heirloom/mix/1",
        "tokens": tokens,
        "rows": {"anchor": 190, "human": 710, "synthetic": 402},
        "shards": shards,
        "synthetic_cap_percent": 35,
        "anchor_percent": 15,
        "dropped": {"near-duplicate": 37, "template": 11, "overlap-tail": 2},
        "tokens_dropped": {"near-duplicate": 4_210, "template": 1_310, "overlap-tail": 240},
        "anchor_repeats": [100],
        "headroom_tokens": 3_120,
        "slices": {"asyncio": {"anchor": 900, "human": 4_000, "synthetic": 1_900}, "=cmd|' /C calc'!A0": {"human": 12}},
        "depth": 0 if founding else 1,
        "root": SHA["tail"],
        **the_filters("asyncio"),
    }


def the_filters(slice_: str) -> dict[str, Any]:
    left = {"rows_in": 40, "rows_out": 31, "tail_words_in": 812, "tail_words_out": 790}
    alarm = {"slice": slice_, "rows_in": 60, "rows_out": 20, "rules": {"overlaps-tail": 40}}
    entry = {"rule": "near-duplicate", "human": left, "synthetic": left, "rare_slices": {}, "slices": {slice_: {"human": left}}}
    return {"retention": [entry], "survival": {"floor_percent": 50, "kept": {}, "alarms": [alarm]}}


def the_audit_of_origins(hostile: str) -> dict[str, Any]:
    """A batch whose share is known, a slice whose share is not, and a hostile name wherever data can put one."""
    whole = {
        "by": "batch",
        "group": "batch",
        "rows": 1_352,
        "declared_synthetic": 592,
        "claimed_human": 760,
        "looked_at": 760,
        "covered": 750,
    }
    bound = {"share": 0.29, "low": 0.22, "surely": 0.18, "signal": "style"}
    interval = {"low": 0.24, "share": 0.31, "high": 0.38}
    known = {"signals": ["style"], "gap": 0.1, "at_least": bound, "laundered": interval}
    dark = {"reason": "too-few-generators", "detail": f"style: 1 held-out generators, at least 4 wanted {hostile}"}
    return {
        "schema": "heirloom/laundering/1",
        "verdict": "block",
        "reason": f"slice {hostile or 'asyncio'}: at least 29.0 %",
        "stops": False,
        "limit_percent": 10,
        "groups": [
            {**whole, **known, "synthetic": {"low": 0.573, "share": 0.612, "high": 0.652}},
            {**whole, "by": "slice", "group": hostile or "asyncio", "signals": [], "gap": 0.2, "at_least": bound, "not_identifiable": dark},
        ],
        "signals": {"watermark": {"title": "z-score", "not_measured": f"no key {hostile}"}},
        "doubtful": {"rows": 41, "queued": 41, "by_signal": {"style": 41}, "by_slice": {hostile or "asyncio": 41}},
        "alarms": [hostile] if hostile else [],
    }


def the_audit(hostile: str) -> dict[str, Any]:
    return {
        "schema": "heirloom/audit/1",
        "rows_in": 1_402,
        "admitted": 1_352,
        "quarantined": 50,
        "by_rule": {"missing-generator": 31, hostile or "untrusted-source": 19},
        "by_origin": {"human": 760, "model": 402, "hybrid": 190},
        "by_slice": {},
        "unknown_generator_version": 14,
        "unknown_vintage": 41,
        "generators": {"docs-teacher/1": 402},
        "expectations": [{"name": "row count between 100 and 100,000", "success": True, "observed": "1,402"}],
    }


def the_training() -> dict[str, Any]:
    steps = list(range(10, 610, 10))
    losses = [2.4 + 3.9 * math.exp(-step / 120) + 0.04 * math.sin(step) for step in steps]
    return {
        "schema": "heirloom/training/1",
        "steps": steps,
        "losses": losses,
        "learning_rates": steps,
        "gradient_norms": steps,
    }


def the_lineage(checkpoint: Path, mix: dict[str, Any], founding: bool) -> dict[str, Any]:
    return {
        "schema": "heirloom/lineage/1",
        "checkpoint": Manifest.of(checkpoint).digest,
        "start": SHA["start"],
        "mix_root": mix["root"],
        "recipe": {"epochs": 2, "learning_rate": 1e-3},
        "seed": 7,
        "trained_tokens": mix["tokens"],
        "synthetic_tokens": 0 if founding else 129_000,
        "total_tokens": 900_000,
        "depth": 0 if founding else 1,
        "worst_shard_synthetic": {"synthetic": 0 if founding else 26_600, "total": 76_000},
    }


def the_decision(verdict: str, gates: list[dict[str, Any]], worst: dict[str, Any] | None, hostile: str) -> dict[str, Any]:
    decision = {"schema": "heirloom/decision/1", "verdict": verdict, "policy_sha256": SHA["policy"], "gates": gates, "worst_slice": worst}
    decision |= {"reason": f"tail perplexity moved {gates[0]['change'] or 0:+.1%}, limit +5.0%", "alarms": [hostile] if hostile else []}
    decision |= {"calibrated": False, "gates_off": ["distinct_3"]}
    decision |= {"diagnosis": "the share of synthetic text in file formats rose" if verdict == "block" else ""}
    return decision


def write_cycle(folder: Path, verdict: str = "pass", *, kind: str = "retraining", hostile: str = "") -> Path:
    """A whole cycle folder; `hostile` replaces every string that data could have brought."""
    folder.mkdir(parents=True, exist_ok=True)
    founding = kind == "founding"
    metrics = the_metrics({"pass": 0.012, "block": 0.083, "inconclusive": 0.047}[verdict])
    gates = the_gates(metrics, verdict)
    if founding:
        for metric in metrics:
            metric["values"] = {"candidate": metric["values"]["candidate"], "champion": None, "baseline": None}
            metric |= {"against": {}, "slices": {}, "worst_slice": None}
        gates = [gates[-1]]
    elif hostile:
        metrics[0]["slices"][hostile] = comparison(0.2, 0.1)
    worst = None if founding else {"slice": hostile or "file formats", "metric": "tail_perplexity", **comparison(0.043, 0.02, 45)}
    cycle, mix = the_cycle(kind), the_mix(founding) | the_filters(hostile or "asyncio")
    (folder / "checkpoint").mkdir(exist_ok=True)
    (folder / "checkpoint" / "model.safetensors").write_bytes(b"weights")
    documents = {
        "cycle": cycle,
        "audit": the_audit(hostile),
        "laundering": the_audit_of_origins(hostile),
        "mix": mix,
        "lineage": the_lineage(folder / "checkpoint", mix, founding),
        "decision": the_decision(verdict, gates, worst, hostile),
    }
    documents["measures"] = {"schema": "heirloom/measures/1", "metrics": metrics}
    documents["training"] = the_training()
    for name, document in documents.items():
        write_document(folder / f"{name}.json", json.loads(json.dumps(document)))
    samples(folder / "samples.parquet", hostile, founding=founding)
    pl.DataFrame({"epoch": [0], "step": [0]}).write_parquet(folder / "batches.parquet")
    return folder


def samples(path: Path, hostile: str, *, founding: bool) -> None:
    told = (
        "The event loop runs callbacks in the order in which they were scheduled. A coroutine that never awaits holds the loop: "
        "no timer fires\nand no connection is read until it returns. Use run_in_executor for work that blocks. "
    )
    rows = [
        {
            "model": model,
            "prompt_id": f"p{slice_}{number}",
            "slice": slice_,
            "draw": draw,
            "temperature": heat,
            "text": f"{told * 2}({model} {draw}) {hostile}",
        }
        for model in (("candidate",) if founding else ("candidate", "champion", "baseline"))
        for slice_ in ("asyncio", "data model", "networking")
        for number in range(2)
        for draw in range(2)
        for heat in (0.7, 1.0)
    ]
    pl.DataFrame(rows, schema_overrides={"draw": pl.Int32}).write_parquet(path)
