"""Does the declared share of model text rise from year to year? A straight line through the years, in percentage points a year.

The year is the unit and not the row: rows of one year come in blocks, a site or a data set at a time, so that ten thousand rows say little
more than a hundred. Every year with enough rows counts once; the interval comes from the scatter of the years around the line (HC3,
MacKinnon & White 1985, which is nearly the jackknife), never narrower than rows drawn by chance would make it, and from Student's t.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEWEST_YEARS, FEWEST_ROWS = 3, 30
RISES, FALLS, OPEN = "rises", "falls", "open"
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131),
    *(2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""97.5 % quantiles of Student's t with 1 to 30 degrees of freedom."""
_LEVERAGE = 0.95
"""A year that alone decides the line has a residual of nothing: what it is divided by is kept from being nothing too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """`slope` is the change of the share from one year to the next, 0.05 = five percentage points, with a 95 % interval.

    `line` holds the share on the line in each of the `years`, which may leave [0, 1] where shares jump and do not climb.
    """

    slope: float
    low: float
    high: float
    years: tuple[int, ...]
    line: tuple[float, ...]

    @property
    def direction(self) -> str:
        """Told only where the whole interval lies on one side."""
        return RISES if self.low > 0 else FALLS if self.high < 0 else OPEN

    def document(self) -> dict[str, object]:
        numbers = {name: round(getattr(self, name), 6) for name in ("slope", "low", "high")}
        return {**numbers, "direction": self.direction, "years": list(self.years), "line": [round(share, 6) for share in self.line]}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTrend:
    """Why no trend can be told."""

    reason: str

    def document(self) -> dict[str, object]:
        return {"not_told": self.reason}


def trend_of(years: Mapping[int, tuple[int, int]]) -> Trend | NoTrend:
    """The trend through years: year -> (declared synthetic rows, rows of a declared origin). Unknown vintages are in no year."""
    known = {year: counts for year, counts in sorted(years.items()) if counts[1] >= FEWEST_ROWS}
    if len(known) < FEWEST_YEARS:
        return NoTrend(
            reason=f"{len(known)} years have {FEWEST_ROWS} rows of known vintage and declared origin, at least {FEWEST_YEARS} are wanted"
        )
    counts = np.array(list(known.values()), dtype=np.float64)
    if counts[:, 0].sum() == 0 or (counts[:, 0] == counts[:, 1]).all():
        said = "no row" if counts[:, 0].sum() == 0 else "every row"
        return NoTrend(reason=f"{said} of known vintage is declared synthetic: there is nothing to compare")
    return _line(tuple(known), counts[:, 0], counts[:, 1])


def _line(years: tuple[int, ...], hits: Floats, rows: Floats) -> Trend:
    shares, across = hits / rows, np.array(years, dtype=np.float64)
    across -= across.mean()
    spread = float((across**2).sum())
    slope = float((across * shares).sum()) / spread
    line = shares.mean() + slope * across
    leverage = np.minimum(1 / len(years) + across**2 / spread, _LEVERAGE)
    smoothed = (hits + 0.5) / (rows + 1)
    variance = np.maximum(((shares - line) / (1 - leverage)) ** 2, smoothed * (1 - smoothed) / rows)
    half = _quantile(len(years) - 2) * math.sqrt(float((across**2 * variance).sum())) / spread
    return Trend(slope=slope, low=slope - half, high=slope + half, years=years, line=tuple(float(share) for share in line))


def _quantile(degrees: int) -> float:
    return _T[degrees - 1] if degrees <= len(_T) else 1.96 + 2.4 / degrees
