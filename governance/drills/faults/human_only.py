"""Known good: every generation learns from anchors and fresh human text. What the gate says against it is false."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import Fault


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    return [*breeder.anchors(), breeder.human(len(past))]


FAULT = Fault(name="human_only", title="human text only", good=True, cycles=3, feed=feed)
