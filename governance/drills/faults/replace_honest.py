"""Every generation learns from the one before it alone, at temperature 1: diversity is blind, perplexity sees it (SCIENCE section 3)."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import DOCUMENT_GATES, HONEST, Fault, Moves


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    return [breeder.written(past[-1], breeder.human(len(past)), HONEST)]


FAULT = Fault(
    name="replace_honest",
    title="own temperature-1 text replaces human text",
    good=False,
    cycles=2,
    caught_by=2,
    feed=feed,
    moves=dict.fromkeys(DOCUMENT_GATES, Moves.UP),
)
