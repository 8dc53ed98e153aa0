"""The code that DVC watches for a stage covers what the stage imports while it works: seen from inside, on a real cycle."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.stages.table import STAGES, code_of, stage_named
from tests.e2e.shell import environment

WATCH = """
import json, sys
from pathlib import Path
from governance.stages.table import stage_named
from governance.wiring import open_shop
desk = open_shop(Path.cwd()).desk(sys.argv[1])
before = set(sys.modules)
stage_named(sys.argv[1]).work(desk)
print(json.dumps(sorted(m for m in set(sys.modules) - before if m.split(".")[0] in ("governance", "schemas"))))
"""


@pytest.mark.e2e
@pytest.mark.parametrize("name", [stage.name for stage in STAGES])
def test_a_stage_imports_nothing_of_ours_that_its_code_does_not_cover(copy: Callable[[], Path], name: str):
    workspace = copy()
    watched = subprocess.run(
        [sys.executable, "-c", WATCH, name], env=environment(), cwd=workspace, capture_output=True, text=True, check=False
    )
    assert watched.returncode == 0, watched.stderr
    assert set(json.loads(watched.stdout.splitlines()[-1])) <= set(code_of(stage_named(name)))
