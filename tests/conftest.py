"""What every test can count on: no telemetry, no colours, no person's environment."""

import os

from hypothesis import settings

from governance.adapters.environment import be_quiet

os.environ.setdefault("GOMP_SPINCOUNT", "0")  # workers share the cores: a thread that waits is not to spin at all
be_quiet()
os.environ["NO_COLOR"] = "1"
for name in [n for n in os.environ if n.startswith(("HEIRLOOM_", "MLFLOW_TRACKING", "PREFECT_API"))]:
    del os.environ[name]

settings.register_profile("no-clock", deadline=None)  # a law is no faster or slower for being true, and CI machines are shared
settings.load_profile("no-clock")
