"""What a fault is: one file with one constant `FAULT`, which chooses the rows that each generation of a course learns from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.ports.language_model import Decoding

SHARPENED = Decoding(temperature=0.8, top_p=0.9)
HONEST = Decoding()
"""The two decodings of SCIENCE section 3."""
DOCUMENT_GATES = ("tail_perplexity", "human_perplexity")
SAMPLE_GATES = ("distinct_2", "distinct_3", "ngram_entropy")
"""The gates with a margin, by what they read; each has the name of its metric."""


class Moves(StrEnum):
    """Where a reading has to go, with its whole interval against the baseline."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A plug-in: `FAULT` in governance/drills/faults/NAME.py. A course is generations of one seed, each taken as promoted.

    So every candidate is judged against generation 0 as baseline and against the one before it as champion, which is as spoiled as it
    would be had the gate let it through.
    """

    name: str
    title: str
    good: bool
    """Known good: every cycle has to pass. Otherwise a course has to be caught by cycle `caught_by`."""
    cycles: int
    feed: Callable[[Breeder, Sequence[Generation]], Sequence[pl.DataFrame]]
    """(breeder, generations so far with generation 0 first): the rows of the next one."""
    caught_by: int = 1
    alarm_counts: bool = False
    """Whether an alarm beside a pass is as good as no promotion, as it is for what moves slowly or in one corner."""
    moves: Mapping[str, Moves] = field(default_factory=lambda: MappingProxyType({}))
    """Metrics that have to move at the last cycle, and where to."""
    stopped_by: tuple[str, ...] = ()
    """Gates that have to block the last cycle, each for itself: many gates see a collapse, and one that went blind would not be missed."""
    not_passed_by: tuple[str, ...] = ()
    """Gates that must not pass the last cycle, each for itself."""
    needs: tuple[str, ...] = ()
    """Metrics without which nothing is there to see it: the row says "not measured" until they exist."""
    documents: int | None = None
    """So many documents of each judging shard only: too few to decide on."""
    trained_cap_percent: int | None = None
    """The synthetic cap that training keeps, where it is not the policy's."""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"name: {self.name!r} is not an identifier")
        if not 1 <= self.caught_by <= self.cycles:
            raise ValueError(f"caught_by: {self.caught_by} is not one of {self.cycles} cycles")
