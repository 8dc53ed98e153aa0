"""The programs we stand on: each is imported for real, in a process of its own, and asked whether it would phone home."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from governance.adapters.checks.check import OK, Check, broken, doubtful, fine
from governance.adapters.environment import quiet_environment

IMPORT_SECONDS = 180
"""Longest wait for one import: transformers takes 5 s of CPU, and several times that on a loaded machine."""

SAID_CHARACTERS = 240
PREFECT_FIX = "pip install -c constraints.txt 'fastapi<0.151' 'sqlalchemy>=2.0.40,<2.1' prefect"
REINSTALL = "pip install -c constraints.txt -e '.[train]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A package as we use it: the modules to import, and an expression that is True where its telemetry is off (empty: it has none)."""

    name: str
    package: str
    modules: str
    silent: str = ""


PROGRAMS = (
    Program(
        name="prefect server",
        package="prefect",
        modules="prefect.server.api.server, prefect.settings",
        silent="not prefect.settings.get_current_settings().server.analytics_enabled",
    ),
    Program(
        name="mlflow", package="mlflow", modules="mlflow, mlflow.telemetry.utils", silent="mlflow.telemetry.utils.is_telemetry_disabled()"
    ),
    Program(name="dvc", package="dvc", modules="dvc.repo, dvc.analytics", silent="not dvc.analytics.is_enabled()"),
    Program(
        name="huggingface",
        package="huggingface_hub",
        modules="huggingface_hub.constants",
        silent="huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY and huggingface_hub.constants.HF_HUB_OFFLINE",
    ),
    Program(
        name="great_expectations",
        package="great_expectations",
        modules="great_expectations, importlib.util, os",
        silent="importlib.util.find_spec('great_expectations.analytics') is None or os.environ['GX_ANALYTICS_ENABLED'] == 'false'",
    ),
    Program(name="torch", package="torch", modules="torch"),
    Program(name="transformers", package="transformers", modules="transformers.trainer"),
    Program(name="pandera", package="pandera", modules="pandera.polars"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Versions that are known to work, `least` included, `below` excluded; an empty bound is none."""

    package: str
    least: tuple[int, ...] = ()
    below: tuple[int, ...] = ()
    why: str

    def permits(self, found: tuple[int, ...]) -> bool:
        """True where a version is within the bounds."""
        return found >= self.least and (not self.below or found < self.below)

    @property
    def words(self) -> str:
        parts = [f">={_dotted(self.least)}"] if self.least else []
        return ",".join([*parts, f"<{_dotted(self.below)}"] if self.below else parts)


TRAPS = (
    Bounds(package="fastapi", below=(0, 151), why="Prefect's server does not start with it"),
    Bounds(package="sqlalchemy", least=(2, 0, 40), below=(2, 1), why="with 2.1 Prefect's schedules never fire, without a word"),
    Bounds(package="mlflow", least=(3, 11), why="older ones read files for anybody (CVE-2026-2614, CVE-2026-0545)"),
)
"""Sets that pip accepts and that do not work: each was found by running it."""


def check_python() -> Check:
    """The interpreter is one that the pins were tried on."""
    found = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        return broken("python", f"{found} is not supported", "use Python 3.11, 3.12 or 3.13")
    return fine("python", found)


def check_program(program: Program) -> Check:
    """The package imports, in a fresh process. Where its telemetry is on nevertheless, that is told as a warning."""
    with tempfile.TemporaryDirectory() as home:
        done = _import(program, {"PREFECT_HOME": home})
    if done is None:
        return broken(program.name, f"did not import in {IMPORT_SECONDS} s", "look what else this machine is doing")
    if done.returncode != 0:
        return broken(program.name, f"does not import: {_last(done.stderr)}", _fix(program))
    try:
        silent = bool(json.loads(done.stdout.splitlines()[-1])["silent"])
    except (ValueError, KeyError, IndexError):
        return broken(program.name, "imports, but prints things of its own", _fix(program))
    said = f"{_version(program.package) or '?'} imports"
    if not silent:
        return doubtful(program.name, f"{said}, and its telemetry is on", "unset what switches it on in your environment")
    return fine(program.name, f"{said}, telemetry off" if program.silent else said)


def check_telemetry(seen: Iterable[Check]) -> Check:
    """Every program that could phone home was asked, and does not; one that could not be asked is not counted as silent."""
    names = [program.name for program in PROGRAMS if program.silent]
    silent = [check.name for check in seen if check.name in names and check.level == OK]
    said = f"{len(silent)} of {len(names)} switched off"
    if len(silent) == len(names):
        return fine("telemetry", said)
    return doubtful("telemetry", f"{said}: not {', '.join(name for name in names if name not in silent)}", "mend those programs first")


def check_trap(bounds: Bounds) -> Check:
    """A version that is known not to work here is told before it does harm (F21)."""
    name = f"{bounds.package} version"
    found = _version(bounds.package)
    if found is None:
        return broken(name, "is not installed", REINSTALL)
    if not bounds.permits(_numbers(found)):
        return broken(
            name, f"{found} is not {bounds.words}: {bounds.why}", f"pip install -c constraints.txt '{bounds.package}{bounds.words}'"
        )
    return fine(name, f"{found} ({bounds.words})")


def _import(program: Program, extra: Mapping[str, str]) -> "subprocess.CompletedProcess[str] | None":
    code = f"import json, {program.modules}\nprint(json.dumps({{'silent': bool({program.silent or True})}}))"
    environment = {**os.environ, **quiet_environment(), **extra}
    try:
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=IMPORT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return None


def _fix(program: Program) -> str:
    if program.package == "prefect":
        return PREFECT_FIX
    return f"pip install -c constraints.txt {program.package}"


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:SAID_CHARACTERS] if lines else "it said nothing"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    parts = []
    for part in text.split("+", maxsplit=1)[0].split("."):
        if not part.isdigit():
            break
        parts.append(int(part))
    return tuple(parts)


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
