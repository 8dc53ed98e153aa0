"""What every test can count on: no telemetry, no colours, no person's environment."""

import os

from governance.adapters.environment import QUIET

os.environ.update(QUIET)
os.environ["NO_COLOR"] = "1"
for name in [n for n in os.environ if n.startswith(("HEIRLOOM_", "MLFLOW_TRACKING", "PREFECT_API"))]:
    del os.environ[name]
