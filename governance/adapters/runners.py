"""Who runs a stage: this process, or `dvc repro --single-item`, which skips what was already done for exactly these inputs."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance import errors
from governance.adapters.dvc_commands import DVC
from governance.adapters.environment import quiet_environment
from governance.adapters.folder_desk import FolderDesk
from governance.adapters.fork_server import fork_server, run
from governance.digest import write_document
from governance.errors import DependencyError, GovernanceError
from governance.ports.trainer import Trainer
from governance.ports.workspace import Workspace
from governance.stages.table import stage_named

STAGE_IMPORTS = ("cli.shop", "cli.main", "rich.console", "governance.adapters.batch.door", "dvc.repo", "dvc.cli", "great_expectations")
"""What every stage begins with, and DVC, in the order in which a cycle wants it; what its trainer needs follows."""


def stage_forks(trainer: Trainer) -> AbstractContextManager[None]:
    """A server that DVC and its stages are forked from while somebody runs several: it imports what they need while others work."""
    return fork_server([*STAGE_IMPORTS, *trainer.imports])


@dataclass(frozen=True, slots=True, kw_only=True)
class HereRunner:
    """Runs the stage in this process, every time."""

    desk: Callable[[str], FolderDesk]

    def run(self, stage: str) -> bool:
        desk = self.desk(stage)
        stage_named(stage).work(desk)
        desk.clear()
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class DvcRunner:
    """Runs the stage through DVC, in a process of its own; forked from a server of ours, it is gone as soon as we are.

    The stage's process leaves a note in the workspace: `ran` when it did the work, or the error that stopped it. No note and success
    means that DVC found the outputs in its cache.
    """

    workspace: Workspace

    def run(self, stage: str) -> bool:
        note = note_path(self.workspace, stage)
        note.unlink(missing_ok=True)
        arguments = ["--cd", str(self.workspace.root), "repro", "--single-item", "--quiet", "dvc.yaml:" + stage]
        done = run(DVC, arguments, environment=stage_environment(), shown=sys.stderr.isatty())
        said = json.loads(note.read_text()) if note.exists() else {}
        if done.code == 0:
            return bool(said.get("ran"))
        if "error" in said:
            raise revive(said["error"])
        raise DependencyError(
            f"dvc repro of stage {stage} stopped with {done.code}: {done.stderr.strip()[-800:]}",
            where=str(self.workspace.root),
            fix=f"dvc repro --single-item {stage} shows the whole output",
        )


def stage_environment() -> dict[str, str]:
    """The environment of a stage's process: no telemetry, and our own `heirloom` first on the path."""
    own = str(Path(sys.executable).parent)
    return {**os.environ, **quiet_environment(), "PATH": f"{own}{os.pathsep}{os.environ.get('PATH', '')}"}


def note_path(workspace: Workspace, stage: str) -> Path:
    """Where a stage's process says how it ended."""
    return workspace.state / "stage" / f"{stage}.json"


def leave_note(workspace: Workspace, stage: str, error: GovernanceError | None, seconds: float | None = None) -> None:
    """Say how a stage ended and how long its work took, for the process that asked for it."""
    said: dict[str, Any] = {"schema": "heirloom/stage/1", "stage": stage, "seconds": seconds}
    said |= {"error": _pressed(error)} if error else {"ran": True}
    write_document(note_path(workspace, stage), said)


def revive(document: dict[str, Any]) -> GovernanceError:
    """The error that another process met, the same in kind and words."""
    kind = getattr(errors, document["kind"])
    found: GovernanceError = kind(
        document["found"],
        expected=document["expected"],
        where=document["where"],
        fix=document["fix"],
        examples=tuple(document["examples"]),
    )
    return found


def _pressed(error: GovernanceError) -> dict[str, Any]:
    return {
        "kind": type(error).__name__,
        "found": error.found,
        "expected": error.expected,
        "where": error.where,
        "fix": error.fix,
        "examples": list(error.examples),
    }
