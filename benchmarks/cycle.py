"""The embedded default from an installed environment: first cycle with generation 0, a later cycle, orchestration, rollback.

Each figure stands beside the project's own limit. Orchestration is what a later `heirloom retrain` takes beyond its peer: the same six
stages on the same frozen cycle, called one after the other in one plain Python process, its imports included. So it is what Prefect, DVC,
MLflow, ledger and process starts cost together; a difference of two runs, it moves by seconds on a shared machine. Making the teacher and
its first rows is shown too: that is one training more, and no part of a cycle.
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
PEER = """
import sys
from pathlib import Path
from governance.stages.table import STAGES
from governance.wiring import open_shop
shop = open_shop(Path(sys.argv[1]))
for stage in STAGES:
    shop.here_runner.run(stage.name)
"""


def heirloom(workspace: Path, *words: str) -> float:
    started = time.monotonic()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([str(BIN / "heirloom"), *words], cwd=workspace, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"heirloom {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return time.monotonic() - started


def plain_stages(workspace: Path) -> float:
    """Seconds that the stages of the cycle at hand take in one process that does nothing else."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", PEER, str(workspace)], capture_output=True, check=True)
    return time.monotonic() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "newsroom"
        workspace.mkdir()
        heirloom(workspace, "init", ".")
        teacher = heirloom(workspace, "synthesize")
        first = heirloom(workspace, "retrain")
        written = heirloom(workspace, "synthesize")
        later = heirloom(workspace, "retrain")
        stages = {note.stem: json.loads(note.read_text())["seconds"] for note in (workspace / ".heirloom" / "stage").glob("*.json")}
        peer = plain_stages(workspace)
        back = heirloom(workspace, "rollback", "--yes")
    found = {"first cycle": first, "later cycle": written + later, "orchestration": later - peer, "rollback": back}
    for name, seconds in found.items():
        print(f"{name:<14} {seconds:6.1f} s   limit {LIMITS[name]} s   {seconds / LIMITS[name]:.2f} of it")
    print(f"teacher and its first rows {teacher:.1f} s; of the later cycle: rows {written:.1f} s, retrain {later:.1f} s, ", end="")
    print(f"its peer {peer:.1f} s ({later / peer:.2f}x); stages " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items()))


if __name__ == "__main__":
    main()
