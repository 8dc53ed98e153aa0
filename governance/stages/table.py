"""The stage table: the six steps of a cycle, in order. dvc.yaml is rendered from it and the flow walks along it."""

from collections.abc import Mapping
from typing import Any

from governance.stages.closure import closure, code_digest
from governance.stages.judge import STAGE as JUDGE
from governance.stages.measure import STAGE as MEASURE
from governance.stages.mix import STAGE as MIX
from governance.stages.probe import STAGE as PROBE
from governance.stages.stage import Stage
from governance.stages.train import STAGE as TRAIN
from governance.stages.validate import STAGE as VALIDATE

STAGES: tuple[Stage, ...] = (VALIDATE, MIX, TRAIN, PROBE, MEASURE, JUDGE)

CYCLE = "cycle"
CODE = ".heirloom/code"


def stage_named(name: str) -> Stage:
    """The stage of this name; KeyError lists the names."""
    found = {stage.name: stage for stage in STAGES}
    if name not in found:
        raise KeyError(f"{name} is no stage; stages are {', '.join(found)}")
    return found[name]


def code_of(stage: Stage) -> tuple[str, ...]:
    """Every module of ours that the stage's answer depends on."""
    return closure((stage.work.__module__, *stage.code))


def code_documents() -> Mapping[str, dict[str, Any]]:
    """Stage name -> the document that tells DVC which code it runs."""
    return {s.name: {"schema": "heirloom/code/1", "stage": s.name, "sha256": code_digest(code_of(s))} for s in STAGES}


def pipeline() -> dict[str, Any]:
    """dvc.yaml as a document."""
    return {"stages": {stage.name: _entry(stage) for stage in STAGES}}


def _entry(stage: Stage) -> dict[str, Any]:
    return {
        "cmd": f"heirloom stage run {stage.name}",
        "deps": [f"{CODE}/{stage.name}.json", *(_place(name) for name in stage.reads)],
        "params": [{f"{CYCLE}/cycle.json": list(stage.needs)}],
        "outs": [_place(name) for name in stage.writes],
    }


def _place(name: str) -> str:
    return name if name.startswith("shards/") else f"{CYCLE}/{name.rstrip('/')}"
