"""The picture of an audit of a corpus: a column of shares a year, the declared share with its interval, and how much text there is.

Places across are percentages and heights are pixels, so that words keep their size on a phone. Pattern says what colour says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

HEIGHT, TOP, FLOOR = 230, 12, 190
"""Pixels: of the picture, of its 100 % line, of its 0 % line."""
VOLUME = 46
LEFT, GAP = 9.0, 3.0
"""Percentages of the width: the scale on the left; the gap before the column of unknown vintage."""
LABELS = 6
YEARS_SHOWN = 40
_RIGHT = 99.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One vintage. `parts` are (origin, rows) from the bottom up. `interval` is (share, low, high) of the declared synthetic share, None
    where nobody declared anything; `line` is the trend's share there, None where the year has too few rows to count.
    """

    name: str
    parts: Sequence[tuple[str, int]]
    amount: int
    interval: tuple[float, float, float] | None
    line: float | None

    @property
    def known(self) -> bool:
        return self.name.isdecimal()


def vintage_picture(columns: Sequence[Column]) -> Markup:
    """Shares by vintage, what is unknown set apart on the right; years that are missing between two others keep their place empty."""
    places = _places(columns)
    width = _width(places)
    parts = [*_scale()]
    for column in columns:
        parts += _stack(column, places[column.name], width)
    parts += _line([column for column in columns if column.line is not None], places)
    parts += [_whisker(column, places[column.name]) for column in columns if column.interval is not None]
    parts += _labels(columns, places)
    return _svg("vintages", HEIGHT, parts)


def volume_picture(columns: Sequence[Column]) -> Markup:
    """How much text every vintage holds, in the same places as the columns above it."""
    places = _places(columns)
    width, most = _width(places), max((column.amount for column in columns), default=1) or 1
    bars = []
    for column in columns:
        height = max((VOLUME - 2) * column.amount / most, 1.0 if column.amount else 0.0)
        bars.append(_rect("volume", places[column.name], width, VOLUME - height, height))
    return _svg("vintages", VOLUME, bars)


def patterns() -> Markup:
    """Fills that tell origins apart without colour."""
    one = Markup(
        '<pattern id="p-{0}" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" class="{0}-ground"/>'
        '<path d="{1}" class="{0}-mark"/></pattern>'
    )
    drawn = (("hybrid", "M0,3 H6"), ("exposed", "M3,0 V6"), ("weak", "M0,0 L6,6"))
    return Markup('<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>{}</defs></svg>').format(
        Markup("").join(one.format(name, path) for name, path in drawn)
    )


def _places(columns: Sequence[Column]) -> Mapping[str, float]:
    """Middle of every column in percent."""
    years = [int(column.name) for column in columns if column.known]
    slots = (max(years) - min(years) + 1) if years else 0
    apart = any(not column.known for column in columns)
    room = _RIGHT - LEFT - (GAP if apart and slots else 0.0)
    step = room / max(slots + apart, 1)
    found = {str(year): LEFT + (year - min(years) + 0.5) * step for year in years}
    return found | {column.name: _RIGHT - step / 2 for column in columns if not column.known}


def _width(places: Mapping[str, float]) -> float:
    middles = sorted(places.values())
    least = min((after - before for before, after in pairwise(middles)), default=12.0)
    return min(least * 0.78, 9.0)


def _scale() -> Sequence[Markup]:
    line = Markup('<line class="grid" x1="{0}%" x2="{1}%" y1="{2:.1f}" y2="{2:.1f}"/>')
    word = Markup('<text x="{0}%" y="{1:.1f}" text-anchor="end">{2} %</text>')
    marks = [(share, _height(share)) for share in (0.0, 0.5, 1.0)]
    return [line.format(LEFT, _RIGHT, at) for _, at in marks] + [word.format(LEFT - 1, at + 4, round(100 * share)) for share, at in marks]


def _stack(column: Column, middle: float, width: float) -> Sequence[Markup]:
    whole = sum(number for _, number in column.parts)
    drawn, below = [], 0
    for origin, number in column.parts:
        top, bottom = _height((below + number) / whole), _height(below / whole)
        drawn.append(_rect(f"o-{origin}", middle, width, top, bottom - top))
        below += number
    return drawn


def _line(columns: Sequence[Column], places: Mapping[str, float]) -> Sequence[Markup]:
    """The trend as one straight line, as far as it is a share."""
    if len(columns) < 2:
        return []
    (left, first), (right, last) = ((places[column.name], column.line or 0.0) for column in (columns[0], columns[-1]))
    crossed = [edge for edge in (0.0, 1.0) if min(first, last) < edge < max(first, last)]
    edges = [(left + (right - left) * (edge - first) / (last - first), edge) for edge in crossed]
    shown = sorted(point for point in [(left, first), (right, last), *edges] if 0 <= point[1] <= 1)
    segment = Markup('<line class="trend" x1="{:.2f}%" y1="{:.1f}" x2="{:.2f}%" y2="{:.1f}"/>')
    return [segment.format(*_at(shown[0]), *_at(shown[-1]))] if shown else []


def _at(point: tuple[float, float]) -> tuple[float, float]:
    return point[0], _height(point[1])


def _whisker(column: Column, middle: float) -> Markup:
    share, low, high = (_height(number) for number in column.interval or (0.0, 0.0, 0.0))
    mark = "point" if column.line is not None else "point small"
    return Markup(
        '<line class="whisker" x1="{0:.2f}%" x2="{0:.2f}%" y1="{1:.1f}" y2="{2:.1f}"/>'
        '<circle class="{3}" cx="{0:.2f}%" cy="{4:.1f}" r="3.6"/>'
    ).format(middle, low, high, mark, share)


def _labels(columns: Sequence[Column], places: Mapping[str, float]) -> Sequence[Markup]:
    word = Markup('<text x="{:.2f}%" y="{}" text-anchor="middle">{}</text>')
    years = [column.name for column in columns if column.known]
    every = -(-len(years) // LABELS)
    shown = years[:: max(every, 1)] + [column.name for column in columns if not column.known]
    return [word.format(places[name], FLOOR + 20, name) for name in shown]


def _height(share: float) -> float:
    return FLOOR - (FLOOR - TOP) * share


def _rect(name: str, middle: float, width: float, y: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}"/>').format(
        name, middle - width / 2, y, width, height
    )


def _svg(name: str, height: int, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="{}" width="100%" height="{}" aria-hidden="true">{}</svg>').format(name, height, Markup("").join(parts))
