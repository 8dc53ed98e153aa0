"""The embedded default from an installed environment: first cycle with generation 0, a later cycle, orchestration, rollback.

There is no peer for the whole, so each figure stands beside the project's own limit. Orchestration is what a later `heirloom retrain`
takes beyond the work of its six stages: Prefect, DVC, MLflow, the ledger and process starts.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
LIMITS = {"first cycle": 300, "later cycle": 120, "orchestration": 25, "rollback": 10}


def heirloom(workspace: Path, *words: str) -> float:
    started = time.monotonic()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([str(BIN / "heirloom"), *words], cwd=workspace, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"heirloom {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return time.monotonic() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "newsroom"
        workspace.mkdir()
        heirloom(workspace, "init", ".")
        first = heirloom(workspace, "synthesize") + heirloom(workspace, "retrain")
        written = heirloom(workspace, "synthesize")
        later = heirloom(workspace, "retrain")
        work = sum(json.loads(note.read_text())["seconds"] for note in (workspace / ".heirloom" / "stage").glob("*.json"))
        back = heirloom(workspace, "rollback", "--yes")
    found = {"first cycle": first, "later cycle": written + later, "orchestration": later - work, "rollback": back}
    for name, seconds in found.items():
        print(f"{name:<14} {seconds:6.1f} s   limit {LIMITS[name]} s   {seconds / LIMITS[name]:.2f} of it")


if __name__ == "__main__":
    main()
