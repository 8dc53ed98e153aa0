"""What a signal is: one file in `signals/` with one constant, which scores rows or says why it cannot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Scorer = Callable[[Sequence[str]], Floats]
"""Texts -> a number each, NaN where a text says nothing."""

ROWS = pl.Schema(
    {
        "row_id": pl.String(),
        "text": pl.String(),
        "slice": pl.String(),
        "family": pl.UInt64(),  # numbers a document and all that was made from it
        "domain": pl.String(),  # null = nowhere a detector could be measured
        "learnt": pl.Boolean(),  # a model of ours may have learnt from it, and finds it likely whoever wrote it
    }
)
"""Columns of references and claimed rows; known rows have `generator` too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that a signal may look at. `teachers` and `watermarks` are scorers by the name of the generator that they recognise."""

    references: pl.DataFrame = field(default_factory=ROWS.to_frame)
    """Pinned human rows."""
    known: pl.DataFrame = field(default_factory=ROWS.to_frame)
    """Rows of the batch that a model is declared to have written."""
    claimed: pl.DataFrame = field(default_factory=ROWS.to_frame)
    """Rows of the batch that claim to be human."""
    emissions: Scorer | None = None
    """Share of a text's runs of words that our own generators have emitted; None where nothing was ever entered."""
    teachers: Mapping[str, Scorer] = field(default_factory=lambda: MappingProxyType({}))
    watermarks: Mapping[str, Scorer] = field(default_factory=lambda: MappingProxyType({}))
    most_read: int = 300
    """Rows of each kind that teachers read: a pass over the texts is what that costs."""
    founding: bool = False
    """A teacher may have learnt from the very rows of a founding batch: their likelihood under it then says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """A score a row, in the order of the material, higher = more like model text; NaN = not scored.

    No known row was scored by a model that saw its generator; no row by one that saw its family.
    """

    references: Floats
    known: Floats
    claimed: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """Why a signal could not be read."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """`line` is where it flags a row; None = found from its errors. A signal that knows `only_ours` sees nothing of other generators:
    what it flags is a lower bound and never an estimate.
    """

    name: str
    title: str
    doubt: str
    """What it says of a row that waits for a person."""
    measure: Callable[[Material], Reading | Unmeasured]
    only_ours: bool = False
    line: float | None = None


def scored(scorer: Scorer, rows: pl.DataFrame) -> Floats:
    """The scores of the rows."""
    return scorer(rows["text"].to_list())
