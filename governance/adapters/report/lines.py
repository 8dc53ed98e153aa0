"""One picture of several lines with their bands on a logarithmic axis, as SVG that stands alone or inside a page.

Dashes, marks and a name at each line's end say what colour says.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 18, 44
LINES_SHOWN = 8
_TICKS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_DASHES = ("none", "2 3", "9 4", "6 3 2 3", "14 4", "1 5", "4 8", "10 2 2 2")
_LEAST_GAP = 15.0
_MARKS = (
    Markup('<circle cx="{0:.1f}" cy="{1:.1f}" r="3.4"/>'),
    Markup('<rect x="{2:.1f}" y="{3:.1f}" width="6.4" height="6.4"/>'),
    Markup('<path d="M{0:.1f},{3:.1f} l4.4,7 h-8.8 Z"/>'),
    Markup('<path d="M{0:.1f},{1:.1f} m0,-4.6 l4.6,4.6 l-4.6,4.6 l-4.6,-4.6 Z"/>'),
)
_STYLE = """
.lines { font: 12px system-ui, sans-serif; --ink: #1c1b19; --faint: #d9d5cc; --ground: #fff;
  --l0: #a3262a; --l1: #b06a00; --l2: #6b4ea3; --l3: #1f6f8b; --l4: #4c7a34; --l5: #1c1b19; --l6: #8a5a44; --l7: #5b6770; }
@media (prefers-color-scheme: dark) { .lines { --ink: #ece8df; --faint: #46423b; --ground: #1a1917;
  --l0: #f08a84; --l1: #e6b050; --l2: #b9a4ea; --l3: #7fc4dc; --l4: #a5cf86; --l5: #ece8df; --l6: #d8ab92; --l7: #aeb9c2; } }
.lines .ground { fill: var(--ground); } .lines text { fill: var(--ink); } .lines .grid { stroke: var(--faint); }
.lines .even { stroke: var(--ink); } .lines .line { fill: none; stroke-width: 1.8; }
.lines .strong { stroke-width: 3.4; } .lines .band { opacity: .16; stroke: none; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A ratio a step from 1 on, with its band; every line starts at 1 in step 0. `strong` draws it thicker."""

    name: str
    values: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    strong: bool = False

    def __post_init__(self) -> None:
        if not len(self.values) == len(self.low) == len(self.high) or min((*self.values, *self.low), default=0) <= 0:
            raise ValueError(f"{self.name}: a line is as many positive values as lower and upper bounds")


def line_picture(lines: Sequence[Line], *, across: str, title: str) -> Markup:
    """The lines as one `<svg>`; `across` names the steps, `title` what is drawn, for those who do not see it."""
    shown = lines[:LINES_SHOWN]
    steps = max(len(line.values) for line in shown)
    scale = _Scale.of(shown, steps)
    parts = [_grid(scale, steps, across)]
    parts += [_drawn(line, number, scale) for number, line in enumerate(shown)]
    parts += _labels(shown, scale)
    return Markup(
        '<svg class="lines" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}"><style>{}</style>'
        '<rect class="ground" width="100%" height="100%"/>{}</svg>'
    ).format(WIDTH, HEIGHT, title, Markup(_STYLE), Markup("").join(parts))  # noqa: S704 - our own style sheet, no text from outside


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    low: float
    high: float
    steps: int

    @classmethod
    def of(cls, lines: Sequence[Line], steps: int) -> "_Scale":
        low = min(0.92, *(value for line in lines for value in line.low))
        high = max(1.08, *(value for line in lines for value in line.high))
        room = (high / low) ** 0.04
        return cls(low=low / room, high=high * room, steps=steps)

    def x(self, step: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * step / self.steps

    def y(self, ratio: float) -> float:
        share = math.log(ratio / self.low) / math.log(self.high / self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    @property
    def ticks(self) -> Sequence[float]:
        inside = [tick for tick in _TICKS if self.low <= tick <= self.high]
        kept: list[float] = []
        for tick in sorted(inside, key=lambda tick: abs(math.log(tick))):
            if all(abs(self.y(tick) - self.y(other)) >= 2 * _LEAST_GAP for other in kept):
                kept.append(tick)
        return sorted(kept)


def _grid(scale: _Scale, steps: int, across: str) -> Markup:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for tick in scale.ticks:
        words = "as before" if tick == 1 else f"{100 * tick - 100:+.0f} %".replace("-", "\N{MINUS SIGN}")
        parts.append(
            Markup(
                '<line class="{0}" x1="{1}" x2="{2}" y1="{3:.1f}" y2="{3:.1f}"/><text x="{4}" y="{5:.1f}" text-anchor="end">{6}</text>'
            ).format("even" if tick == 1 else "grid", LEFT, right, scale.y(tick), LEFT - 6, scale.y(tick) + 4, words)
        )
    number = Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>')
    parts += [number.format(scale.x(step), bottom + 17, step) for step in range(0, steps + 1, max(1, steps // 10))]
    middle = (LEFT + right) / 2
    parts.append(Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(middle, bottom + 36, across))
    return Markup("").join(parts)


def _drawn(line: Line, number: int, scale: _Scale) -> Markup:
    points = [(scale.x(step), scale.y(value)) for step, value in enumerate((1.0, *line.values))]
    upper = [(scale.x(step), scale.y(value)) for step, value in enumerate((1.0, *line.high))]
    lower = [(scale.x(step), scale.y(value)) for step, value in enumerate((1.0, *line.low))]
    band = Markup('<polygon class="band" fill="var(--l{})" points="{}"/>').format(number, _places([*upper, *reversed(lower)]))
    drawn = Markup('<polyline class="line{}" stroke="var(--l{})" stroke-dasharray="{}" points="{}"/>').format(
        " strong" if line.strong else "", number, _DASHES[number], _places(points)
    )
    marks = Markup("").join(_MARKS[number % len(_MARKS)].format(x, y, x - 3.2, y - 3.2) for x, y in points[1:])
    return Markup('{}{}<g fill="var(--l{})">{}</g>').format(band, drawn, number, marks)


def _places(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _labels(lines: Sequence[Line], scale: _Scale) -> list[Markup]:
    """A name at each line's end, moved apart where two would stand on each other."""
    ends = sorted((scale.y(line.values[-1]), number) for number, line in enumerate(lines))
    labels, above = [], -math.inf
    for height, number in ends:
        place = max(height, above + _LEAST_GAP)
        above = place
        weight = "bold" if lines[number].strong else "normal"
        x = WIDTH - RIGHT + 10
        labels.append(
            Markup('<text x="{}" y="{:.1f}" font-weight="{}" style="fill: var(--l{})">{}</text>').format(
                x, place + 4, weight, number, lines[number].name
            )
        )
    return labels
