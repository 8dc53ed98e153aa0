"""The environment that foreign tools see: telemetry off, hubs offline, waits bounded. Set once, before any of them is imported."""

import getpass
import os
from collections.abc import Mapping

ACTOR = "HEIRLOOM_ACTOR"
PLATFORM_KEY = "HEIRLOOM_PLATFORM_KEY"

QUIET: Mapping[str, str] = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "TOKENIZERS_PARALLELISM": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""No tool phones home (DESIGN decision 14); these are set whatever the user's environment says."""

BOUNDED: Mapping[str, str] = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "GOMP_SPINCOUNT": "2000",
}
"""Defaults that a person's own environment may change.

A thread of torch that waits for the others soon sleeps, where by default it spins for milliseconds. Two trainings at once on two
cores are three to four times as fast for it; alone the difference was lost in the noise of a shared machine (benchmarks/process.py).
"""


def quiet_environment() -> dict[str, str]:
    """What to add to a child's environment."""
    return {**QUIET, **{name: value for name, value in BOUNDED.items() if name not in os.environ}}


def be_quiet() -> None:
    """Put the same into this process's environment."""
    os.environ.update(quiet_environment())


def who_acts() -> str:
    """The name under which this process acts: HEIRLOOM_ACTOR, or the user's login."""
    return os.environ.get(ACTOR) or getpass.getuser()
