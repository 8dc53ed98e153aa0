"""A language small enough that an n-gram model learns it from some hundred texts, with a tail to lose, in four slices."""

from functools import cache

import numpy as np
import polars as pl

from governance.collapse.probe import ProbePlan
from governance.drills.breeding import Size
from governance.drills.shelf import Shelf
from governance.training.recipe import Recipe

SLICES = ("harbour", "market", "school", "town hall")
NAMES = [
    f"{first}{last}"
    for first in ("Ada", "Bo", "Cy", "Di", "Eve", "Flo", "Gus")
    for last in ("berg", "dale", "ford", "holm", "lund", "wick")
]
VERBS = ("visits", "leaves", "paints", "counts", "praises", "mends", "forgets", "measures")
THINGS = ("boat", "lamp", "ledger", "fence", "bell", "letter", "window", "basket", "orchard", "bridge", "clock", "garden")
HOW = ("at noon", "by hand", "in winter", "without a word", "for the town", "as agreed", "twice", "in two columns")

RECIPE = Recipe(vocabulary=420, epochs=1, founding_epochs=1, block_tokens=64)
SIZE = Size(rows=700, anchors=200, anchor_percent=15, synthetic_cap_percent=35, text_tokens=48)
PLAN = ProbePlan(
    temperatures=(1.0,), samples_per_prompt=4, max_new_tokens=24, training_sample=60, bootstrap_draws=400, wordings={}, cloze_documents=0
)


def _zipf(stream: np.random.Generator, words: tuple[str, ...] | list[str], size: tuple[int, int], turn: int = 0) -> np.ndarray:
    rank = 1 / np.arange(1, len(words) + 1)
    return stream.choice(np.roll(np.array(words), turn), size=size, p=rank / rank.sum())


def rows(seed: int, count: int, name: str) -> pl.DataFrame:
    """So many reports of three to five sentences; each slice has favourites of its own among the names and things."""
    stream = np.random.Generator(np.random.Philox(seed))
    slices = stream.integers(0, len(SLICES), count)
    texts = []
    for part in slices:
        size = (int(stream.integers(3, 6)), 1)
        turn = int(part)
        columns = [
            _zipf(stream, NAMES, size, 9 * turn),
            _zipf(stream, VERBS, size),
            _zipf(stream, THINGS, size, 3 * turn),
            _zipf(stream, HOW, size, turn),
        ]
        texts.append(" ".join(f"{a} {b} the {c} {d}." for a, b, c, d in np.hstack(columns)))
    ids = [f"{name}-{place}" for place in range(count)]
    return pl.DataFrame({"row_id": ids, "text": texts, "slice": [SLICES[part] for part in slices]})


@cache
def shelf(seed: int = 1) -> Shelf:
    """Anchors, a pool of fresh text, 150 tail and 120 human documents, and 120 prompts."""
    prompts = rows(seed + 40, 120, "prompt").with_columns(pl.col("text").str.split(" ").list.head(3).list.join(" "))
    return Shelf(
        anchors=rows(seed + 10, 200, "anchor"),
        pool=rows(seed, 1600, "pool"),
        tail=rows(seed + 20, 150, "tail"),
        human=rows(seed + 30, 120, "human"),
        prompts=prompts.rename({"row_id": "prompt_id"}),
    )
