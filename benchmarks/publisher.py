"""The publisher's corpus (shared/data beside the checkout): what `validate` and `mix` take of its 30,692 rows, and how much memory.

The line is founded and retrained once. "In the run" is what the two stages took of that `heirloom retrain`, where DVC and its stages are
forked from a process that has imported what they need. "Alone" is each of them again in a process of its own, imports and all, which also
says how much memory it takes. The limits are the project's own, 60 s together on two cores and 3 GiB, and held against the run.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.children import measured

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "data"
BIN = Path(sys.executable).parent
INCONCLUSIVE = 9
SECONDS, MEBIBYTES = 60, 3 * 1024
STAGES = ("validate", "mix")


def main() -> None:
    if not (CORPUS / "articles.parquet").exists():
        sys.exit("the publisher's corpus is not beside this checkout (shared/data)")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "newsroom"
        heirloom = str(BIN / "heirloom")
        measured([heirloom, "init", str(workspace), "--like", str(ROOT / "infra" / "workspaces" / "publisher"), "--corpus", str(CORPUS)])
        os.chdir(workspace)
        done = subprocess.run([heirloom, "retrain"], capture_output=True, text=True, check=False)
        if done.returncode != INCONCLUSIVE:  # its 189 tail documents are too few for a promise
            sys.exit(f"heirloom retrain ended with {done.returncode}\n{done.stdout}{done.stderr}")
        notes = {name: json.loads((workspace / ".heirloom" / "stage" / f"{name}.json").read_text()) for name in STAGES}
        costs = {name: measured([heirloom, "stage", "run", name]) for name in STAGES}
        os.chdir(ROOT)
    for name, cost in costs.items():
        print(
            f"{name:<9} in the run {notes[name]['seconds']:6.1f} s   alone {cost.wall:6.1f} s, {cost.cpu:6.1f} CPU s, {cost.peak:6.0f} MiB"
        )
    run, alone = sum(note["seconds"] for note in notes.values()), sum(cost.wall for cost in costs.values())
    peak = max(cost.peak for cost in costs.values())
    print(f"together  in the run {run:6.1f} s, {run / SECONDS:.2f} of {SECONDS} s   alone {alone:6.1f} s, {alone / SECONDS:.2f}")
    print(f"memory    {peak:.0f} MiB, {peak / MEBIBYTES:.2f} of {MEBIBYTES} MiB")


if __name__ == "__main__":
    main()
