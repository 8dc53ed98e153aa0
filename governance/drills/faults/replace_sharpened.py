"""Every generation learns from the one before it alone, at temperature 0.8 and top-p 0.9: everything moves at once (SCIENCE section 3)."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import DOCUMENT_GATES, SAMPLE_GATES, SHARPENED, Fault, Moves


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    return [breeder.written(past[-1], breeder.human(len(past)), SHARPENED)]


FAULT = Fault(
    name="replace_sharpened",
    title="own sharpened text replaces human text",
    good=False,
    cycles=2,
    feed=feed,
    moves={**dict.fromkeys(DOCUMENT_GATES, Moves.UP), **dict.fromkeys(SAMPLE_GATES, Moves.DOWN)},
    stopped_by=(*DOCUMENT_GATES, *SAMPLE_GATES),
)
