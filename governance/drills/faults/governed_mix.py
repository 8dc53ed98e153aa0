"""Known good: anchors, fresh human text, and on top of it as much of a frozen teacher's temperature-1 text as the cap allows."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import HONEST, Fault
from governance.training.blocks import SYNTHETIC


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    human = breeder.human(len(past))
    cap = breeder.size.synthetic_cap_percent
    like = human.head(human.height * cap // (100 - cap))
    return [*breeder.anchors(), human, breeder.written(breeder.teacher, like, HONEST, role=SYNTHETIC)]


FAULT = Fault(name="governed_mix", title="frozen teacher under the cap", good=True, cycles=2, feed=feed)
