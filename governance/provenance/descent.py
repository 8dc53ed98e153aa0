"""How many models some text has been through: sums over its tokens, for a row, a mix and everything that a model has learnt from.

Sums are in thousandths of a token, so that a mean depth and a hybrid's synthetic weight go in without a fraction, and every limit is
compared in integers. A *passage* is one token through one model: a synthetic token counts once for each model that it went through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

THOUSAND = 1000
WHOLE = THOUSAND
"""The synthetic weight of a row that counts as synthetic in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A number that lies between two, both in thousandths; where nothing is unknown they are one and the same."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"{self.low} to {self.high} are no bounds")

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> "Bounds | None":
        """The inverse of `document`, and nothing where there is none."""
        return cls(low=document["low"], high=document["high"]) if document is not None else None

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def document(self) -> dict[str, int]:
        return {"low": self.low, "high": self.high}

    def around(self, other: "Bounds | None") -> "Bounds":
        """The narrowest bounds that hold both."""
        return self if other is None else Bounds(low=min(self.low, other.low), high=max(self.high, other.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """Thousandths of tokens: `human`, `synthetic`, and `unknown` ones whose origin nobody knows; `passages` of the synthetic ones.

    `depth` is the largest number of models that any of the text went through, 0 exactly where none of it is synthetic. Unknown text may
    be human or synthetic of any depth: a low bound takes all of it for human, a high bound for synthetic text of one passage, as a row
    of an unknown model counts. Descents of parts add up to the descent of the whole, in any order.

    `past` is the synthetic share, in thousandths, of text that nobody counted: however much it was, the share of the whole lies between
    that of the past and that of what was counted.
    """

    human: int = 0
    synthetic: int = 0
    passages: int = 0
    unknown: int = 0
    depth: int = 0
    past: Bounds | None = None

    def __post_init__(self) -> None:
        if self.past is not None and self.past.high > THOUSAND:
            raise ValueError(f"past: {self.past.high} thousandths are no share")
        if min(self.human, self.synthetic, self.unknown, self.depth) < 0:
            raise ValueError("a descent counts tokens, and no count is negative")
        if (self.depth == 0) != (self.synthetic == 0):
            raise ValueError(f"depth: {self.depth} with {self.synthetic} synthetic tokens; depth is 0 exactly where there are none")
        if not self.synthetic <= self.passages <= self.depth * self.synthetic:
            raise ValueError(f"passages: {self.passages} are not in {self.synthetic}..{self.depth * self.synthetic}")

    def __add__(self, other: "Descent") -> "Descent":
        """The descent of both texts together."""
        return Descent(
            human=self.human + other.human,
            synthetic=self.synthetic + other.synthetic,
            passages=self.passages + other.passages,
            unknown=self.unknown + other.unknown,
            depth=max(self.depth, other.depth),
            past=self.past.around(other.past) if self.past else other.past,
        )

    def times(self, count: int) -> "Descent":
        """The descent of the same text shown `count` times."""
        return Descent(
            human=self.human * count,
            synthetic=self.synthetic * count,
            passages=self.passages * count,
            unknown=self.unknown * count,
            depth=self.depth if count else 0,
            past=self.past if count else None,
        )

    @property
    def total(self) -> int:
        return self.human + self.synthetic + self.unknown

    @property
    def open(self) -> bool:
        """True where some text may be synthetic of any depth, and nobody knows."""
        return self.unknown > 0 or (self.past is not None and self.past.high > 0)

    @property
    def least_depth(self) -> int:
        """The most models that any of the text surely went through."""
        return max(self.depth, 1 if self.past and self.past.low else 0)

    @property
    def mean_depth(self) -> Bounds:
        """Passages per token, in thousandths, rounded up: 0 is human text alone, 1000 the text of a human-only model alone."""
        return self._bounds(self.passages, self.unknown, self.total)

    @property
    def share(self) -> Bounds:
        """Synthetic tokens of all, in thousandths."""
        return self._bounds(self.synthetic, self.unknown, self.total)

    @property
    def effective_share(self) -> Bounds:
        """Passages of passages and human tokens together, in thousandths: the share in which a token counts for each model it passed.

        It equals the share where every author learnt from people alone, and never leaves 0..1000.
        """
        return self._bounds(self.passages, self.unknown, self.passages + self.human + self.unknown)

    def exceeds(self, percent: int) -> bool:
        """True where the effective share may be beyond a percentage, compared as integers; what is unknown counts as synthetic."""
        passages = self.passages + self.unknown
        counted = passages * 100 > percent * (passages + self.human)
        return counted or (self.past is not None and self.past.high * 100 > percent * THOUSAND)

    def _bounds(self, least: int, unknown: int, whole: int) -> Bounds:
        if not whole:
            return self.past or Bounds(low=0, high=0)
        high = -(-(least + unknown) * THOUSAND // whole)
        return Bounds(low=least * THOUSAND // whole if unknown else high, high=high).around(self.past)


def descent_of(*, synthetic: int, known: int, depth: int, passages: int | None, unknown: int = 0, past: Bounds | None = None) -> Descent:
    """The descent behind the counts that a lineage keeps: tokens, `known` of them in all, and passages in thousandths.

    Where no passages were recorded every synthetic token counts as deep as the deepest: never too little, and exact at depth 1.
    """
    return Descent(
        human=(known - synthetic) * THOUSAND,
        synthetic=synthetic * THOUSAND,
        passages=depth * synthetic * THOUSAND if passages is None else passages,
        unknown=unknown * THOUSAND,
        depth=depth,
        past=past,
    )


def human_text(tokens: int) -> Descent:
    """Tokens that people wrote."""
    return Descent(human=tokens * THOUSAND)


def unknown_text(tokens: int) -> Descent:
    """Tokens whose origin nobody knows: the past of a model that was trained elsewhere."""
    return Descent(unknown=tokens * THOUSAND)


def uncounted_text(share: Bounds) -> Descent:
    """Text of which nobody knows how much it was, between `low` and `high` thousandths of it synthetic."""
    return Descent(past=share)


def synthetic_text(tokens: int, *, passages: int, depth: int, weight: int = WHOLE) -> Descent:
    """Tokens of a synthetic row that passed `passages` thousandths of a model each, `depth` models at most.

    `weight` thousandths of them count as synthetic and the rest as human: less than 1000 only for a hybrid that proved what a person
    gave back.
    """
    if not 0 <= weight <= WHOLE:
        raise ValueError(f"weight: {weight} is not in 0..{WHOLE}")
    return Descent(
        human=tokens * (WHOLE - weight),
        synthetic=tokens * weight,
        passages=tokens * -(-weight * passages // THOUSAND),
        depth=depth if tokens and weight else 0,
    )
