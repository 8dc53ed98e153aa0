"""What an owner states of a model that was trained elsewhere, and what that means for everything that descends from it."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from governance.errors import UsageError
from governance.provenance.descent import THOUSAND, Bounds
from governance.training.lineage import Start

NOBODY_KNOWS = Bounds(low=0, high=THOUSAND)
MOST_TOKENS = 10**12
"""Of a stated past: its passages, in thousandths, are then a number that canonical JSON can hold, with room for what the line adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPast:
    """The synthetic share of all that a model learnt from, in thousandths, and how many tokens that was; None where nobody counted.

    Nothing is taken for human that was not stated to be: by default the share is anything from none to all.
    """

    share: Bounds = NOBODY_KNOWS
    tokens: int | None = None

    def __post_init__(self) -> None:
        if self.share.high > THOUSAND:
            raise ValueError(f"share: {self.share.high} thousandths are no share")
        if self.tokens is not None and not 1 <= self.tokens <= MOST_TOKENS:
            raise ValueError(f"tokens: {self.tokens} is not in 1..{MOST_TOKENS}")

    @property
    def narrowed(self) -> bool:
        """True where somebody vouches for more than that it is a model."""
        return self.share != NOBODY_KNOWS

    def start(self, digest: str) -> Start:
        """The model as a later run starts from it: of counted tokens the surely synthetic, the surely human, and the rest unknown."""
        if self.tokens is None:
            return Start(digest=digest, past_share=self.share)
        synthetic = self.tokens * self.share.low // THOUSAND
        human = self.tokens * (THOUSAND - self.share.high) // THOUSAND
        return Start(
            digest=digest,
            synthetic_tokens=synthetic,
            total_tokens=synthetic + human,
            depth=1 if synthetic else 0,
            passages=synthetic * THOUSAND,
            unknown_tokens=self.tokens - synthetic - human,
        )


def stated_share(text: str) -> Bounds:
    """`0:0.3` as bounds in thousandths, rounded outwards; one number is both of them.

    Raises: UsageError for what is no such interval.
    """
    low, _, high = text.partition(":")
    try:
        numbers = Decimal(low), Decimal(high or low)
    except InvalidOperation:
        numbers = (Decimal(-1), Decimal(-1))
    if not all(number.is_finite() for number in numbers) or not 0 <= numbers[0] <= numbers[1] <= 1:
        raise UsageError(f"{text!r} is no interval of a share", where="--synthetic-share", expected="LOW:HIGH between 0 and 1, as in 0:0.3")
    least, most = (number * THOUSAND for number in numbers)
    return Bounds(low=int(least.to_integral_value(ROUND_FLOOR)), high=int(most.to_integral_value(ROUND_CEILING)))
