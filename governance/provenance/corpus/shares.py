"""A share that was counted in some rows, with the interval that so few rows leave open."""

import math
from dataclasses import dataclass

_Z = 1.959964
"""97.5 % quantile of the normal distribution."""


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
        """Wilson's 95 % interval (1927): inside [0, 1], and not empty where nothing or everything was a hit; [0, 1] of no row."""
        if not self.rows:
            return 0.0, 1.0
        share, square = self.hits / self.rows, _Z * _Z / self.rows
        middle = share + square / 2
        half = _Z * math.sqrt(share * (1 - share) / self.rows + square / self.rows / 4)
        low, high = ((middle + side) / (1 + square) for side in (-half, half))
        return (0.0 if self.hits == 0 else max(low, 0.0)), (1.0 if self.hits == self.rows else min(high, 1.0))

    def document(self) -> dict[str, float | int]:
        """Counts and interval; a share itself is never stored."""
        low, high = self.interval
        return {"hits": self.hits, "rows": self.rows, "low": round(low, 6), "high": round(high, 6)}
