"""`make bench`: every benchmark in turn, each in a process of its own. Name some to run only those.

Where the publisher's corpus lies beside the checkout (shared/data), its near-duplicates are counted against every pair that an exact search
finds, and its filters' retention is printed.
"""

import subprocess
import sys
from pathlib import Path

ALL = ("rows", "near_duplicates", "mixing", "mixing_stage", "interleave", "lexical", "self_bleu", "training", "ledger", "cycle")
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "data"
ARTICLES, PAIRS = CORPUS / "articles.parquet", CORPUS / "near_dup_pairs.jsonl.gz"
ON_THE_CORPUS = {
    "near_duplicates": ("--rows", str(ARTICLES), "--pairs", str(PAIRS)),
    "selection": (str(ARTICLES),),
}


def run(name: str, *arguments: str) -> None:
    print(f"\n== {name}{' on the publisher corpus' if arguments else ''}", flush=True)
    if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=False).returncode:
        sys.exit(f"benchmarks.{name} failed")


for asked in sys.argv[1:] or (*ALL, "selection"):
    if asked in ALL:
        run(asked)
    if asked in ON_THE_CORPUS and ARTICLES.exists() and PAIRS.exists():
        run(asked, *ON_THE_CORPUS[asked])
    elif asked in ON_THE_CORPUS:
        print(f"\n== {asked} on the publisher corpus: left out, it is not beside this checkout (shared/data)", flush=True)
