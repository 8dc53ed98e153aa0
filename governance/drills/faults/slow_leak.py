"""A leak that grows: every release was promoted, and each cycle a tenth more of the human rows is the last release's own sharpened text."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import SHARPENED, Fault

STEP_PERCENT = 10


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    human = breeder.human(len(past))
    lies = human.height * STEP_PERCENT * len(past) // 100
    return [*breeder.anchors(), breeder.written(past[-1], human.head(lies), SHARPENED), human.tail(human.height - lies)]


FAULT = Fault(name="slow_leak", title="a leak that grows by a tenth", good=False, cycles=5, caught_by=5, feed=feed, alarm_counts=True)
