"""Three pictures as inline SVG: an interval against its margin, a bar of shares, a curve. Pure functions from numbers to markup.

Positions are percentages of the width, so that a picture is as sharp on a phone as on paper; words stand beside it in HTML. Shape and
pattern say what colour says.
"""

from collections.abc import Sequence

from markupsafe import Markup

LEFT, RIGHT = -1.6, 2.6
"""Ends of the axis in margins: 0 is no change, 1 is the limit."""

SHAPES = {
    "pass": Markup('<circle class="mark {1}" cx="{0:.2f}%" cy="16" r="5.5"/>'),
    "block": Markup('<svg x="{:.2f}%" y="16" overflow="visible"><rect class="mark {}" x="-5" y="-5" width="10" height="10"/></svg>'),
    "inconclusive": Markup('<svg x="{:.2f}%" y="16" overflow="visible"><path class="mark {}" d="M0,-7 L7,0 L0,7 L-7,0 Z"/></svg>'),
}


def interval_track(change: float, low: float, high: float, *, limit: float, better: str, verdict: str) -> Markup:
    """A change and its interval on an axis of margins: worse is to the right, the limit stands at 1; two-sided ones have a limit at -1 too.

    Changes of a metric of which more is better are turned round. What leaves the axis ends in an arrow.
    """
    size = abs(limit) or 1.0
    turn = -1.0 if better == "higher" else 1.0
    ends = sorted((turn * low / size, turn * high / size))
    middle = turn * change / size
    limits = [-1.0, 1.0] if better == "two-sided" else [1.0]
    zones = [Markup('<rect class="beyond" x="{:.2f}%" y="4" width="{:.2f}%" height="24"/>').format(at(1), 100 - at(1))]
    if better == "two-sided":
        zones.append(Markup('<rect class="beyond" x="0" y="4" width="{:.2f}%" height="24"/>').format(at(-1)))
    lines = [_upright("zero", 0), *(_upright("limit", place) for place in limits)]
    bar = Markup('<line class="interval {}" x1="{:.2f}%" x2="{:.2f}%" y1="16" y2="16"/>').format(verdict, at(ends[0]), at(ends[1]))
    caps = [_cap(end, verdict, leftwards=place == 0) for place, end in enumerate(ends)]
    return _picture(32, [*zones, *lines, bar, *caps, _mark(middle, verdict)])


def at(margins: float) -> float:
    """Where a number of margins lies, as a percentage of the width; kept inside the picture."""
    return min(99.0, max(1.0, 100 * (margins - LEFT) / (RIGHT - LEFT)))


def share_bar(parts: Sequence[tuple[str, int]], height: int = 18) -> Markup:
    """Parts of a whole side by side, each with a class of its own that gives it colour and pattern."""
    whole = sum(number for _, number in parts)
    drawn, left = [], 0.0
    for name, number in parts:
        width = 100 * number / whole if whole else 0.0
        drawn.append(Markup('<rect class="{}" x="{:.3f}%" y="0" width="{:.3f}%" height="{}"/>').format(name, left, width, height))
        left += width
    return _picture(height, drawn)


def declared_track(declared: float, estimated: tuple[float, float, float] | None, floor: float | None) -> Markup:
    """Shares of 0 to 1: what is declared as a bar, over it the estimate with its interval, or an arrow that begins at the lower bound."""
    bar = Markup(
        '<rect class="human" x="0" y="5" width="100%" height="14"/><rect class="synthetic" x="0" y="5" width="{:.3f}%" height="14"/>'
    )
    parts = [bar.format(100 * declared)]
    if estimated is not None:
        low, middle, high = (_inside(share) for share in estimated)
        parts.append(Markup('<line class="estimate" x1="{0:.2f}%" x2="{1:.2f}%" y1="12" y2="12"/>').format(low, high))
        parts += [Markup('<line class="estimate" x1="{0:.2f}%" x2="{0:.2f}%" y1="7" y2="17"/>').format(end) for end in (low, high)]
        parts.append(Markup('<svg x="{:.2f}%" y="12" overflow="visible"><circle class="estimate" r="4.5"/></svg>').format(middle))
    elif floor is not None and floor > declared:
        parts.append(Markup('<line class="estimate" x1="{0:.2f}%" x2="{0:.2f}%" y1="3" y2="21"/>').format(_inside(floor)))
        parts.append(
            Markup('<svg x="{:.2f}%" y="12" overflow="visible"><path class="estimate" d="M2,-5 L9,0 L2,5"/></svg>').format(_inside(floor))
        )
    return _picture(24, parts)


def _inside(share: float) -> float:
    """A share as a percentage of the width, kept where a mark can be seen whole."""
    return min(99.0, max(1.0, 100 * share))


def curve(points: Sequence[tuple[int, float]]) -> Markup:
    """A line through (step, value), stretched over the whole picture; flat where all values are one."""
    first, last = points[0][0], points[-1][0]
    values = [value for _, value in points]
    low, high = min(values), max(values)
    across, up = max(last - first, 1), (high - low) or 1.0
    places = " ".join(f"{1000 * (step - first) / across:.1f},{190 - 180 * (value - low) / up:.1f}" for step, value in points)
    return Markup(
        '<svg class="curve" viewBox="0 0 1000 200" preserveAspectRatio="none" aria-hidden="true">'
        '<polyline points="{}" vector-effect="non-scaling-stroke"/></svg>'
    ).format(places)


def hatching() -> Markup:
    """The patterns that the other pictures name."""
    return Markup(
        '<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>'
        '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="7" height="7" class="hatch-ground"/><line x1="0" y1="0" x2="0" y2="7" class="hatch-line"/></pattern>'
        '<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<rect width="6" height="6" class="dots-ground"/><circle cx="3" cy="3" r="1.3" class="dots-dot"/></pattern>'
        "</defs></svg>"
    )


def _picture(height: int, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="track" width="100%" height="{}" aria-hidden="true">{}</svg>').format(height, Markup("").join(parts))


def _upright(name: str, margins: float) -> Markup:
    return Markup('<line class="{0}" x1="{1:.2f}%" x2="{1:.2f}%" y1="2" y2="30"/>').format(name, at(margins))


def _cap(margins: float, verdict: str, *, leftwards: bool) -> Markup:
    """The end of an interval: a short upright, or an arrow head where the interval goes on outside the picture."""
    if LEFT < margins < RIGHT:
        return Markup('<line class="interval {0}" x1="{1:.2f}%" x2="{1:.2f}%" y1="11" y2="21"/>').format(verdict, at(margins))
    head = "M8,9 L0,16 L8,23" if leftwards or margins <= LEFT else "M-8,9 L0,16 L-8,23"
    return Markup('<svg x="{:.2f}%" y="0" overflow="visible"><path class="arrow {}" d="{}"/></svg>').format(at(margins), verdict, head)


def _mark(margins: float, verdict: str) -> Markup:
    if not LEFT < margins < RIGHT:
        return Markup("")
    return SHAPES.get(verdict, SHAPES["inconclusive"]).format(at(margins), verdict)
