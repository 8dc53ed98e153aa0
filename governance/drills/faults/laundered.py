"""Three of ten rows that say they are human are the last generation's own sharpened text: the lie costs a cycle (SCIENCE section 4)."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import SHARPENED, Fault

PERCENT = 30


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    human = breeder.human(len(past))
    lies = human.height * PERCENT // 100
    return [*breeder.anchors(), breeder.written(past[-1], human.head(lies), SHARPENED), human.tail(human.height - lies)]


FAULT = Fault(name="laundered", title="30 % of the human rows laundered", good=False, cycles=3, caught_by=3, feed=feed)
