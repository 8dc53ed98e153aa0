"""Own sharpened text is added to what is kept, and the training set stays as large as it was: not safe (SCIENCE section 4)."""

from collections.abc import Sequence

import polars as pl

from governance.collapse.intervals import generator
from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import SHARPENED, Fault, Moves
from governance.training.blocks import HUMAN


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    """Generation 0's own set and all that was written since, as many rows of them as fit."""
    human = past[0].rows.filter(pl.col("role") == HUMAN)
    written = [breeder.written(author, breeder.human(author.number + 1), SHARPENED) for author in past]
    kept = pl.concat([human, *written])
    order = generator(breeder.seed, f"drill accumulate {len(past)}").permutation(kept.height)
    return [kept[order[: human.height]]]


FAULT = Fault(
    name="accumulate",
    title="own sharpened text is added, the budget stays",
    good=False,
    cycles=2,
    caught_by=2,
    feed=feed,
    moves={"tail_perplexity": Moves.UP},
)
