"""The workspace as a place: its files parse, its pipeline is ours, its lock is free, its disk has room, its stores open."""

import configparser
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from governance.adapters.checks.check import Check, broken, doubtful, fine
from governance.adapters.dvc_commands import remote_folder, run_dvc
from governance.adapters.lock import hold
from governance.adapters.pipeline_file import rendered
from governance.errors import ConflictError, IntegrityError
from governance.policy import read_policy, refuse_overrides
from governance.ports.clock import Clock
from governance.ports.workspace import Workspace
from governance.settings import read_settings

COPIES = 3
"""A cycle writes a model three times: into the cycle, into DVC's cache and onto a remote on the same disk."""

PRIVATE = "reach it over a private network: what comes back is held against our sha256, but somebody in between could read it"
LEAST_FREE_BYTES = 1 << 30
"""What a first cycle of the embedded default may need, where no model says more."""


def check_overrides(environment: Mapping[str, str]) -> Check:
    """No environment variable tries to change the policy (attack A21). Raises: PolicyError naming the variable."""
    refuse_overrides(environment)
    return fine("overrides", "no environment variable tries to change the policy")


def check_policy(workspace: Workspace) -> Check:
    """policy.toml says something possible. Raises: PolicyError naming the setting."""
    policy = read_policy(workspace.policy)
    return fine("policy", f"{policy.line.model}, {policy.line.environment}, {policy.digest[:12]}")


def check_settings(workspace: Workspace) -> Check:
    """heirloom.toml says something possible. Raises: PolicyError naming the setting."""
    settings = read_settings(workspace.settings)
    return fine("settings", f"source {settings.source_name}, retrain {settings.schedule.retrain or 'not scheduled'}")


def check_pipeline(workspace: Workspace) -> Check:
    """dvc.yaml is what the stage table says. Raises: IntegrityError where it is not."""
    there = workspace.dvc_yaml.read_text(encoding="utf-8") if workspace.dvc_yaml.is_file() else ""
    if there != rendered():
        raise IntegrityError("is not what the stage table says", where="dvc.yaml", fix="heirloom dvc-yaml")
    return fine("pipeline", "dvc.yaml is what the stage table says")


def check_lock(workspace: Workspace, clock: Clock) -> Check:
    """Who holds the workspace, if anybody: the lock is really taken and given back."""
    try:
        with hold(workspace.lock, "doctor", clock):
            return fine("lock", "nobody holds the workspace")
    except ConflictError as error:
        return doubtful("lock", error.found, error.fix)


def check_disk(workspace: Workspace) -> Check:
    """There is room for the next model, three times over."""
    largest = max((_size(folder) for folder in workspace.models.glob("*/")), default=0)
    wanted = max(COPIES * largest, LEAST_FREE_BYTES)
    free = shutil.disk_usage(workspace.root).free
    said = f"{_gigabytes(free)} free, {_gigabytes(wanted)} wanted"
    return fine("disk", said) if free >= wanted else broken("disk", said, "make room before the next cycle fills the disk")


def check_dvc(workspace: Workspace) -> Check:
    """DVC answers, and the default remote is there and re-hashes what it hands out. Raises: DependencyError where dvc does not run."""
    settings = configparser.ConfigParser(interpolation=None)
    read = settings.read([workspace.root / ".dvc" / "config", workspace.root / ".dvc" / "config.local"], encoding="utf-8")
    if not read:
        return broken("dvc remote", "the workspace is no DVC repository", f"heirloom init {workspace.root}")
    run_dvc(workspace.root, "status", "--quiet" if not workspace.dvc_yaml.is_file() else "--json")
    name = settings.get("core", "remote", fallback="")
    section = f"'remote \"{name}\"'"
    if not settings.has_section(section):
        return broken("dvc remote", "no default remote: no copy of a model outlives this folder", "dvc remote add --default NAME URL")
    if not settings.getboolean(section, "verify", fallback=False):
        return broken(
            "dvc remote", f"remote {name} hands out bytes unchecked", f"dvc remote modify {name} verify true", IntegrityError.exit_code
        )
    folder = remote_folder(workspace.root)
    if folder is None:
        run_dvc(workspace.root, "status", "--cloud", "--json")
    elif not (folder.is_dir() and os.access(folder, os.W_OK)):
        return broken("dvc remote", f"remote {name} ({folder}) is missing or read-only", "mount it again, or copy it back from a backup")
    said = f"status answers, remote {name} is there, verify = true"
    if settings.get(section, "url", fallback="").startswith("ssh:"):
        return doubtful("dvc remote", f"{said}; over SSH, DVC does not check whose key the server shows", PRIVATE)
    return fine("dvc remote", said)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
