"""One slice is gone from everything that is trained on: the largest of the tail shard."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import Fault
from governance.training.blocks import ANCHOR, HUMAN


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    left = breeder.shelf.without(_largest(breeder.shelf.tail))
    fresh = left.drawn(breeder.size.rows, breeder.seed, f"fresh {len(past)}")
    columns = ("row_id", "text", "slice")
    return [
        frame.select(*columns, pl.lit(role).alias("role"))
        for frame, role in ((left.anchors.head(breeder.size.anchors), ANCHOR), (fresh, HUMAN))
    ]


def _largest(tail: pl.DataFrame) -> str:
    counts = tail.group_by("slice").len().sort(["len", "slice"], descending=[True, False])
    return str(counts["slice"][0])


FAULT = Fault(name="slice_deleted", title="one slice deleted", good=False, cycles=1, feed=feed, alarm_counts=True)
