"""A person at a terminal: runs `heirloom` in a workspace of its own, with real Prefect, MLflow and DVC behind it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.crash_line import QUICK

BIN = Path(sys.executable).parent

POLICY = """
[line]
model = "student"
environment = "demo"
seed = 7
[mixing]
minimum_human_tokens = 200
[mixing.teachers]
docs-teacher = "pinned"
[training]
trainer = "ngram"
start = "champion"
{quick}
[promotion]
mode = "{mode}"
""".replace("{quick}", QUICK)
"""The n-gram trainer, so that a whole cycle takes seconds of compute; everything else is the shipped default."""

SETTINGS = """
[source]
name = "python-docs"
[teacher]
name = "docs-teacher"
[teacher.recipe]
epochs = 1
founding_epochs = 1
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.strip().splitlines()[-1])
        return found


def environment(**extra: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HEIRLOOM_ACTOR": "engineer-a", **extra}


def run(workspace: Path, *arguments: str, timeout: int = 1800, **extra: str) -> Done:
    done = subprocess.run(
        [str(BIN / "heirloom"), *arguments],
        cwd=workspace,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def start(workspace: Path, *arguments: str, **extra: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [str(BIN / "heirloom"), *arguments],
        cwd=workspace,
        env=environment(**extra),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def dvc(workspace: Path, *arguments: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=workspace,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def make_workspace(folder: Path, *, mode: str = "auto") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.toml").write_text(POLICY.replace("{mode}", mode))
    (folder / "heirloom.toml").write_text(SETTINGS)
    made = run(folder.parent, "init", str(folder), "--json")
    assert made.code == 0, made.err
    return folder
