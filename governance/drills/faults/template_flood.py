"""Half of the human rows are poured into one mould: the same opening, bridge and closing, and little of what was said."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import Fault

PIECE_WORDS = 8


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    human = breeder.human(len(past))
    half = human.height // 2
    poured = [_poured(text) for text in human["text"].head(half)]
    flood = human.head(half).with_columns(pl.Series("text", poured), ("drill-template-" + pl.col("row_id")).alias("row_id"))
    return [flood, human.tail(human.height - half)]


def _poured(text: str) -> str:
    """Two pieces of the text between phrases that say nothing."""
    words = text.split()
    first, second = " ".join(words[:PIECE_WORDS]), " ".join(words[PIECE_WORDS : 2 * PIECE_WORDS])
    return (
        f"{first}. It is important to note that {second}. Furthermore, this plays a crucial role in many ways. "
        "It is also worth noting that there are several key points to consider. In conclusion, this is a valuable tool."
    )


FAULT = Fault(name="template_flood", title="half of the rows in one mould", good=False, cycles=1, feed=feed)
