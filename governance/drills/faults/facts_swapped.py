"""Numbers and names of human rows are dealt out anew: every word stays, and no fact is where it was."""

import re
from collections.abc import Sequence

import polars as pl

from governance.collapse.intervals import generator
from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import Fault, Moves

FACT = re.compile(r"\b(?:\d[\d.,]*\d|\d|[A-Z]\w{2,})\b")


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    human = breeder.human(len(past))
    facts = [fact for text in human["text"] for fact in FACT.findall(text)]
    order = iter(generator(breeder.seed, f"drill facts {len(past)}").permutation(len(facts)))
    swapped = [FACT.sub(lambda _: facts[next(order)], text) for text in human["text"]]
    return [*breeder.anchors(), human.with_columns(pl.Series("text", swapped))]


FAULT = Fault(
    name="facts_swapped", title="facts swapped", good=False, cycles=1, feed=feed, needs=("fact_margin",), moves={"fact_margin": Moves.DOWN}
)
