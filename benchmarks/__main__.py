"""`make bench`: every benchmark in turn, each in a process of its own. Name some to run only those."""

import subprocess
import sys

ALL = ("near_duplicates", "mixing", "lexical", "self_bleu", "training", "ledger", "cycle")

for name in sys.argv[1:] or ALL:
    print(f"\n== {name}", flush=True)
    if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
        sys.exit(f"benchmarks.{name} failed")
