"""Caps, anchors and shards over a large pool, without the text rules: pool rows per CPU second, and how exactly the caps hold.

python benchmarks/mixing.py [--rows 2000000]
"""

import argparse
import resource
import time

import numpy as np
import polars as pl

from governance.mixing.caps import holds, synthetic_limit
from governance.mixing.order import fitting, stratified_order
from governance.mixing.rules import MixRules
from governance.mixing.shards import Shards, arrange, interleaved
from governance.provenance.hashing import Places, seeded_keys

SLICES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    count = parser.parse_args().rows
    random = np.random.Generator(np.random.Philox(1))
    tokens, slices = random.integers(20, 900, count), random.integers(0, SLICES, count)
    human, anchors = count // 2, count // 50
    rules = MixRules(shard_rows=20_000)
    names = pl.select(row_id=pl.format("row-{}", pl.int_range(count)))["row_id"]
    start = time.process_time()
    order = stratified_order(tokens, slices.astype(np.int32), seeded_keys(names, 7))
    humans, synthetic = tokens[order[order < human]], tokens[order[order >= human]]
    chosen = synthetic[fitting(synthetic, synthetic_limit(int(humans.sum()), rules.synthetic_cap_percent))]
    shards = arrange(humans, chosen, tokens[:anchors], rules)
    _in_training_order(shards)
    spent = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} pool rows in {spent:.2f} cpu-s: {count / spent / 1e6:.2f} M rows per cpu-s, peak {peak:.0f} MiB")
    _report(shards, humans, chosen, tokens[:anchors], rules)


def _in_training_order(shards: Shards) -> Places:
    placed = shards.synthetic[shards.synthetic >= 0]
    roles = np.repeat([0, 1, 2], [shards.anchor_rows.size, shards.human.size, placed.size])
    return interleaved(np.concatenate((shards.anchor_shards, shards.human, placed)), roles)


def _report(shards: Shards, humans: Places, synthetic: Places, anchors: Places, rules: MixRules) -> None:
    worst = 0.0
    for shard in range(int(shards.human.max()) + 1):
        found = {
            "anchor": int(anchors[shards.anchor_rows[shards.anchor_shards == shard]].sum()),
            "human": int(humans[shards.human == shard].sum()),
            "synthetic": int(synthetic[shards.synthetic == shard].sum()),
        }
        assert holds(**found, cap_percent=rules.synthetic_cap_percent, anchor_percent=rules.anchor_percent)
        worst = max(worst, 100 * found["synthetic"] / (found["human"] + found["synthetic"]))
    left_out = int((shards.synthetic < 0).sum())
    print(f"{int(shards.human.max()) + 1} shards, fullest {worst:.4f} % synthetic, {left_out} rows left out because no shard had room")


if __name__ == "__main__":
    main()
