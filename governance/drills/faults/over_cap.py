"""Most of what was trained on is synthetic, and says so: whatever it did to the model, the count alone has to stop it."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import HONEST, Fault
from governance.training.blocks import SYNTHETIC

PERCENT = 60


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    human = breeder.human(len(past))
    declared = human.height * PERCENT // 100
    written = breeder.written(breeder.teacher, human.head(declared), HONEST, role=SYNTHETIC)
    return [*breeder.anchors(), human.tail(human.height - declared), written]


FAULT = Fault(
    name="over_cap",
    title="declared synthetic text beyond the cap",
    good=False,
    cycles=1,
    feed=feed,
    stopped_by=("synthetic_share",),
    trained_cap_percent=90,
)
