"""The `dvc` command of this interpreter's environment: quiet, bounded in time, one run for many files, its failures translated."""

import configparser
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from governance.adapters.environment import quiet_environment
from governance.adapters.fork_server import Program, run
from governance.digest import write_bytes
from governance.errors import DependencyError, UsageError

DVC = Program(main="dvc.cli:main", cold=(sys.executable, "-m", "dvc"))

LIMIT_SECONDS = 600
"""Longest wait for one run. A gigabyte takes about 10 s to add and to push on a laptop disk."""

SAID_CHARACTERS = 600

CONFIG = """\
[core]
    no_scm = true
    analytics = false
    check_update = false
    autostage = false
    remote = local
['remote "local"']
    url = remote
    verify = true
"""
"""No git, no telemetry, a remote that is a folder beside the cache and whose objects are re-hashed when they are fetched."""


def init_dvc(workspace: Path) -> bool:
    """Make `workspace` a DVC repository that needs no git; False when it was one already, whose own settings are then kept."""
    config = workspace / ".dvc" / "config"
    if config.is_file():
        return False
    write_bytes(config, CONFIG.encode())
    (config.parent / "remote").mkdir(exist_ok=True)
    return True


def add_files(workspace: Path, paths: Sequence[Path]) -> None:
    """Track files or folders with DVC and push them: two runs of dvc, however many paths there are.

    Raises: UsageError for a path that is missing or outside the workspace; DependencyError when dvc fails.
    """
    inside = [_inside(workspace, path) for path in paths]
    if not inside:
        return
    run_dvc(workspace, "add", "--quiet", *inside)
    run_dvc(workspace, "push", "--quiet", *[f"{name}.dvc" for name in inside])


def add_file(workspace: Path, path: Path) -> None:
    """`add_files` for one path."""
    add_files(workspace, [path])


def run_dvc(workspace: Path, *arguments: str) -> str:
    """Run dvc in a workspace and return its stdout. It waits for DVC's own lock, up to LIMIT_SECONDS in all.

    Raises: DependencyError with the last words of dvc when it fails, does not end or is not installed.
    """
    shown = f"dvc {arguments[0]}"
    fix = f"run it by hand in {workspace} and read what it says: dvc {' '.join(arguments[:4])}"
    try:
        asked = ("--wait-for-lock", "--cd", str(workspace), *arguments)
        done = run(DVC, asked, environment=dvc_environment(), limit=LIMIT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise DependencyError(f"{shown} did not end in {LIMIT_SECONDS} s", where=str(workspace), fix=fix) from error
    except OSError as error:
        raise DependencyError(f"{shown} cannot be started: {error}", where=str(workspace), fix="install the package dvc") from error
    if done.code != 0:
        said = (done.stderr or done.stdout).strip()[-SAID_CHARACTERS:]
        raise DependencyError(f"{shown} stopped with {done.code}: {said}", where=str(workspace), fix=fix)
    return done.stdout


def dvc_environment() -> dict[str, str]:
    """The environment of this process with telemetry off."""
    return {**os.environ, **quiet_environment()}


def remote_folder(workspace: Path) -> Path | None:
    """The folder of the default remote; None where the remote is no local folder, or none is set."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read([workspace / ".dvc" / "config", workspace / ".dvc" / "config.local"], encoding="utf-8")
    name = settings.get("core", "remote", fallback="")
    url = settings.get(f"'remote \"{name}\"'", "url", fallback="")
    if not url or "://" in url:
        return None
    return (workspace / ".dvc" / url).resolve()


def _inside(workspace: Path, path: Path) -> str:
    if not path.exists():
        raise UsageError("is missing, so it cannot be tracked", where=str(path))
    try:
        return path.resolve().relative_to(workspace.resolve()).as_posix()
    except ValueError as error:
        raise UsageError("is outside the workspace", where=str(path), expected=f"a path below {workspace}") from error
