"""A throwaway line for a crash drill: a workspace that learns in seconds, and the real command line as a child that may be killed."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.adapters.environment import ACTOR
from governance.adapters.fork_server import KILLED, Program, fork_server, forked
from governance.adapters.kill_points import KILL_AT, STEP_LOG
from governance.adapters.runners import stage_environment
from governance.digest import write_bytes
from governance.errors import DependencyError

QUICK = """\
[training.recipe]
epochs = 1
founding_epochs = 1
[probe]
temperatures = [1.0]
samples_per_prompt = 2
max_new_tokens = 24
bootstrap_draws = 400"""
"""What makes a cycle of the n-gram trainer take seconds; all else of a policy may be the shipped default."""

POLICY = f"""\
[line]
model = "student"
environment = "demo"
seed = 7
[mixing]
minimum_human_tokens = 200
[training]
trainer = "ngram"
{QUICK}
[promotion]
mode = "auto"
"""
SETTINGS = '[source]\nname = "python-docs"\n'
"""The n-gram trainer on Python's own documentation; ledger, DVC and MLflow are the real ones."""

FOREIGN = ("HEIRLOOM_", "PREFECT_", "MLFLOW_", "DVC_", "XDG_")
"""Settings of whoever drills, which would lead a child to servers and places of theirs."""
HEIRLOOM = Program(main="cli.main:main", cold=(sys.executable, "-P", "-c", "from cli.main import run; run()"))
WARM = ("promote", "rollback", "recover")
"""Commands that begin no run of Prefect's, which reads the environment when it is imported."""
ACT_IMPORTS = ("cli.main", "mlflow.tracking", "mlflow.store.model_registry.sqlalchemy_store", "governance.wiring", "flows.finish")
"""What these commands begin with, the heaviest first."""
LIMIT_SECONDS = 1800
SAID_CHARACTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended: its exit code (negative for a signal), its document, its last words, and how long it took."""

    code: int
    document: Mapping[str, Any]
    said: str
    seconds: float

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The folder of a drill. Children have their home and their temporary files in it, so that a file that strays is seen."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        return self.root / "temporary"

    def kept(self, name: str) -> Path:
        """A copy that kills start from."""
        return self.root / "kept" / name / "line"

    def case(self) -> Path:
        """A place for the workspace of one kill, alone in a folder whose name no other case ever had: MLflow keeps files open by name."""
        cases = self.root / "cases"
        cases.mkdir(exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="case-", dir=cases)) / "line"

    def environment(self, **extra: str) -> dict[str, str]:
        """What a child sees: no setting of ours but these, and our own `heirloom` first on the path."""
        inherited = {name: value for name, value in stage_environment().items() if not name.startswith(FOREIGN)}
        return {
            **inherited,
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "DVC_SITE_CACHE_DIR": str(self.temporary / "dvc"),
            ACTOR: "crash-drill",
            **extra,
        }

    def run(
        self, line: Path, *words: str, kill_at: str = "", log: Path | None = None, kill_after: float | None = None, cwd: Path | None = None
    ) -> Ended:
        """Run `heirloom` in a line; it kills itself at a step, or it and all that it started is killed after some seconds.

        Where a server of ours has imported what an act needs, the command is forked from it: a kill at a moment then falls into the act
        itself, and not into a second of imports before it.
        """
        extra = ({KILL_AT: kill_at} if kill_at else {}) | ({STEP_LOG: str(log)} if log else {})
        self.home.mkdir(parents=True, exist_ok=True)
        self.temporary.mkdir(exist_ok=True)
        out, err = self.temporary / "out", self.temporary / "err"
        started = time.monotonic()
        with out.open("wb") as said, err.open("wb") as complained:
            asked = [*words, "--json"]
            places, environment = (said.fileno(), complained.fileno()), self.environment(**extra)
            code = _forked(asked, cwd or line, environment, places, kill_after) if words[0] in WARM else None
            if code is None:
                out_place, err_place = places
                child = subprocess.Popen(
                    [*HEIRLOOM.cold, *asked],
                    cwd=cwd or line,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out_place,
                    stderr=err_place,
                    start_new_session=True,
                )
                code = _end(child, kill_after)
        seconds = time.monotonic() - started
        return Ended(code=code, document=_document(out), said=_said(out, err), seconds=seconds)


def lay_out(ground: Ground, line: Path) -> None:
    """Make the workspace. Raises: DependencyError where `heirloom init` does not end well."""
    line.mkdir(parents=True)
    write_bytes(line / "policy.toml", POLICY.encode())
    write_bytes(line / "heirloom.toml", SETTINGS.encode())
    well(ground.run(line, "init", str(line)), "init")


def well(ended: Ended, what: str, *, killed: bool = False) -> Ended:
    """The same, where the command ended as it had to. Raises: DependencyError with its last words where it did not."""
    if ended.killed if killed else ended.code == 0:
        return ended
    wanted = "its own kill" if killed else "0"
    raise DependencyError(
        f"heirloom {what} ended with {ended.code}: {ended.said}", expected=wanted, where="crash drill", fix="heirloom doctor"
    )


def warm_acts() -> AbstractContextManager[None]:
    """A server that promotions, rollbacks and recoveries are forked from while a drill lasts."""
    return fork_server(ACT_IMPORTS)


def _forked(
    asked: Sequence[str], folder: Path, environment: Mapping[str, str], places: tuple[int, int], kill_after: float | None
) -> int | None:
    """How a forked command ended; None where there is no server."""
    limit = LIMIT_SECONDS if kill_after is None else kill_after
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        try:
            code = forked(HEIRLOOM, asked, environment=environment, places=(nothing.fileno(), *places), limit=limit, folder=folder)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
    return -signal.SIGKILL if code == KILLED else code


def _end(child: "subprocess.Popen[bytes]", kill_after: float | None) -> int:
    """Wait for the end of the child, or make it; nothing that it started in its own session stays behind."""
    try:
        return child.wait(timeout=LIMIT_SECONDS if kill_after is None else kill_after)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return child.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def _document(out: Path) -> Mapping[str, Any]:
    lines = out.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}  # killed in the middle of its answer
    return found if isinstance(found, dict) else {}


def _said(out: Path, err: Path) -> str:
    said = str(_document(out).get("message", "")) or err.read_text(encoding="utf-8", errors="replace")
    return said.strip()[-SAID_CHARACTERS:]
