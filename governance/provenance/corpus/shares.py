"""A share that was counted in some rows, with the interval that so few rows leave open."""

import math
from dataclasses import dataclass

_Z = 1.959963984540054
"""97.5 % quantile of the normal distribution."""


def wilson(share: float, number: int) -> tuple[float, float]:
    """Wilson's 95 % interval (1927) of a share of so many independent units: inside [0, 1] and around the share; [0, 1] of none."""
    if not number:
        return 0.0, 1.0
    square = _Z * _Z / number
    middle, half = share + square / 2, _Z * math.sqrt(share * (1 - share) / number + square / number / 4)
    low, high = ((middle + side) / (1 + square) for side in (-half, half))
    return min(max(low, 0.0), share), max(min(high, 1.0), share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """`hits` of `rows` looked at."""

    hits: int
    rows: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.rows:
            raise ValueError(f"{self.hits} of {self.rows} rows is no share")

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval: not empty where nothing or everything was a hit; [0, 1] of no row."""
        return wilson(self.hits / self.rows if self.rows else 0.0, self.rows)

    def document(self) -> dict[str, float | int]:
        """Counts and interval; a share itself is never stored."""
        low, high = self.interval
        return {"hits": self.hits, "rows": self.rows, "low": round(low, 6), "high": round(high, 6)}
