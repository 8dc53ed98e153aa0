"""Mixing against the interleaving of Hugging Face's `datasets`, in one run: CPU seconds of whole processes over one pool of rows.

    python -m benchmarks.interleave [--rows 1000000]

The peer draws a source for every row by its share and reads the rows through, which is all it does: no cap is counted in tokens, no shard
is filled, no quota holds. It lives in the environment of the peers
(benchmarks/README.md), and this file imports nothing of ours at its top.
"""

import argparse
import os
import sys
from pathlib import Path

SHARES = {"human": 0.50, "synthetic": 0.35, "anchor": 0.15}
REACH = 15


def interleave(rows: int) -> None:
    """The peer: three sources, as many rows in all, until every source is used up."""
    import numpy as np
    from datasets import Dataset, interleave_datasets

    random = np.random.Generator(np.random.Philox(1))
    counts = {name: int(rows * share) for name, share in SHARES.items()}
    sources = [
        Dataset.from_dict({"row_id": np.arange(count), "tokens": random.integers(20, 900, count), "origin": np.full(count, place)})
        for place, count in enumerate(counts.values())
    ]
    mixed = interleave_datasets(sources, probabilities=list(SHARES.values()), seed=7, stopping_strategy="all_exhausted")
    tokens = np.zeros(len(SHARES), dtype=np.int64)
    for batch in mixed.with_format("numpy").iter(1000):
        tokens += np.bincount(batch["origin"], batch["tokens"], len(SHARES)).astype(np.int64)
    assert tokens.all()


def main() -> None:
    from benchmarks.children import ChildError, measured
    from benchmarks.near_duplicates import HERE, PEERS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    ours = measured([sys.executable, "-m", "benchmarks.mixing", "--rows", str(rows)])
    print(f"ours      {ours.cpu:7.2f} cpu-s {ours.peak:6.0f} MiB   caps and quotas hold in integers: benchmarks.mixing prints them")
    python = os.environ.get(PEERS, "")
    if not python:
        print(f"datasets  left out: {PEERS} names no environment with the peers (benchmarks/README.md)")
        return
    try:
        peer = measured([python, str(HERE / "interleave.py"), "--peer", str(rows)], {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"})
    except ChildError as error:
        print(f"datasets  left out: {str(error).splitlines()[-1][:150]}")
        return
    print(f"datasets  {peer.cpu:7.2f} cpu-s {peer.peak:6.0f} MiB   shares hold on average only")
    print(f"datasets takes {peer.cpu / ours.cpu:.1f} times our CPU, reach {REACH}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        sys.path.remove(str(Path(__file__).parent))
        interleave(int(sys.argv[2]))
    else:
        main()
