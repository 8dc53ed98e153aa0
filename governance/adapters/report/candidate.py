"""A finished cycle's folder as the candidate that the registry shows: its page, its numbers, its files."""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from governance.actions.attest import ATTESTATIONS
from governance.adapters.report.contents import ROLES, loss_points, refused_rows, synthetic_share, whole_run
from governance.adapters.report.description import describe
from governance.adapters.report.documents import CycleDocuments, read_cycle
from governance.adapters.report.numbers import MISSING
from governance.adapters.report.page import render
from governance.adapters.report.verdict import verdict_of
from governance.adapters.report.visible import csv_cell, line
from governance.digest import write_bytes
from governance.errors import IntegrityError
from governance.ports.registry import Candidate
from governance.provenance.descent_words import depth_words, descent_of_document, mean_words, share_words
from governance.release.tasks import TASKS_FILE

REVIEW = "review"
MADE = ("report.html", "mix_summary.csv")
MIRRORED = (
    "cycle.json",
    "audit.json",
    "laundering.json",
    "mix.json",
    "training.json",
    "lineage.json",
    "measures.json",
    "decision.json",
    TASKS_FILE,
    "batches.parquet",
)
LONGEST_PARAM = 500


def build_candidate(cycle_folder: Path) -> Candidate:
    """The candidate of a cycle that has a decision; report and mix summary are written into its folder `review`, no stage's output.

    Raises: IntegrityError where cycle.json, decision.json, lineage.json or the checkpoint is missing.
    """
    documents = read_cycle(cycle_folder)
    if documents.lineage is None or not (cycle_folder / "checkpoint").is_dir():
        raise IntegrityError("holds no trained checkpoint with its lineage.json", where=str(cycle_folder), fix="heirloom retrain")
    review_folder = cycle_folder / REVIEW
    write_bytes(review_folder / MADE[0], render(documents).encode())
    write_bytes(review_folder / MADE[1], mix_summary(documents).encode())
    return Candidate(
        model=str(documents.cycle["model"]),
        cycle_digest=documents.cycle_digest,
        checkpoint=cycle_folder / "checkpoint",
        checkpoint_digest=str(documents.lineage["checkpoint"]),
        run_name=f"cycle {documents.cycle['number']}: {verdict_of(documents.decision)}",
        description=describe(documents),
        tags=tags(documents),
        params=params(documents),
        metrics=metrics(documents),
        curves={"train_loss": [point for point in loss_points(documents.training) if math.isfinite(point[1])]},
        artifacts=_artifacts(cycle_folder, review_folder),
    )


def tags(documents: CycleDocuments) -> Mapping[str, str]:
    """What a program reads on the version; a copy that decides nothing."""
    descent = descent_of_document(documents.lineage) if documents.lineage else None
    share = synthetic_share(whole_run(documents.mix)) if documents.mix else MISSING
    return {
        "heirloom.verdict": verdict_of(documents.decision),
        "heirloom.decision_sha256": documents.decision_sha256,
        "heirloom.policy_sha256": str(documents.decision.get("policy_sha256", "")),
        "heirloom.synthetic_share_percent": "0.0" if share == MISSING else share.removesuffix(" %"),
        "heirloom.depth": depth_words(descent) if descent else "",
        "heirloom.mean_depth": mean_words(descent.mean_depth) if descent else "",
        "heirloom.effective_share_percent": share_words(descent.effective_share).removesuffix(" %") if descent else "",
        "heirloom.cycle_digest": documents.cycle_digest,
    }


def params(documents: CycleDocuments) -> Mapping[str, str]:
    """Recipe, caps and seed: what was set, never what came out."""
    mix, cycle = documents.mix or {}, documents.cycle
    recipe = (documents.lineage or {}).get("recipe", {})
    found = {f"recipe.{name}": value for name, value in sorted(recipe.items())}
    found |= {name: mix[name] for name in ("synthetic_cap_percent", "anchor_percent") if name in mix}
    found |= {"seed": cycle.get("seed"), "cycle": cycle.get("number"), "kind": cycle.get("kind"), "environment": cycle.get("environment")}
    return {name: line(value if isinstance(value, str) else json.dumps(value), LONGEST_PARAM) for name, value in found.items()}


def metrics(documents: CycleDocuments) -> Mapping[str, float]:
    """Readings of the candidate and their relative changes with both bounds; a reading that was not taken is absent, never a number."""
    found = {**dict(_readings(documents)), **task_metrics(documents.tasks)}
    return {name: float(value) for name, value in found.items() if value is not None and math.isfinite(value)}


def task_metrics(tasks: Mapping[str, Any] | None) -> Mapping[str, float]:
    """`task.NAME` and its differences from champion and baseline; nothing where no scores were given."""
    found: dict[str, float] = {}
    for task in tasks["tasks"] if tasks and tasks["given"] else ():
        if (score := task["scores"].get("candidate")) is not None:
            found[f"task.{task['task']}"] = float(score)
        found |= {f"task.{task['task']}.minus_{name}": float(against["difference"]) for name, against in task["against"].items()}
    return found


def mix_summary(documents: CycleDocuments) -> str:
    """What was trained on and what was not, as CSV that no spreadsheet computes with."""
    mix = documents.mix or {"tokens": dict.fromkeys(ROLES, 0), "shards": [], "slices": {}}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("part", "name", "anchor_tokens", "human_tokens", "synthetic_tokens", "rows"))
    writer.writerow(("run", "whole run", *_tokens(mix["tokens"]), ""))
    for shard in mix["shards"]:
        writer.writerow(("shard", str(shard["shard"]), *_tokens(shard), ""))
    for name, tokens in sorted(mix.get("slices", {}).items()):
        writer.writerow(("slice", csv_cell(name), *_tokens(tokens), ""))
    for where, rule, rows, _ in refused_rows(documents):
        writer.writerow((where, csv_cell(rule), "", "", "", rows.replace(",", "")))
    return stream.getvalue()


def _tokens(tokens: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(int(tokens.get(role, 0)) for role in ROLES)


def _readings(documents: CycleDocuments) -> Iterator[tuple[str, Any]]:
    for entry in documents.measures["metrics"] if documents.measures else ():
        yield entry["name"], entry["values"].get("candidate")
        for reference, found in entry["against"].items():
            for part in ("change", "low", "high"):
                yield f"{entry['name']}.{part}_vs_{reference}", (found or {}).get(part)


def _artifacts(cycle_folder: Path, review_folder: Path) -> Mapping[str, Path]:
    made = {f"{REVIEW}/{name}": review_folder / name for name in MADE}
    made |= {name: cycle_folder / name for name in ATTESTATIONS if (cycle_folder / name).is_file()}
    return made | {f"{REVIEW}/{name}": cycle_folder / name for name in MIRRORED if (cycle_folder / name).is_file()}
