"""Who comes from whom, as one picture: releases on a line, weights handed on in arcs above it, rows written for another below.

Shape says what a release is, and solid or dashed what was handed on, so that no colour is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

GAP, MARGIN, MIDDLE, LEAST_WIDTH = 72, 48, 96, 760
ABOVE, BELOW = 140, 200
"""Heights of a picture without arcs of rows, and with them."""
SHOWN = 24
"""Releases in one picture, the newest ones: the table beside it has them all."""
SERVES, BARRED, OTHER = "serves", "barred", "other"
_SHAPES = {
    SERVES: Markup('<rect class="node serves" x="{:.0f}" y="{:.0f}" width="20" height="20"/>'),
    BARRED: Markup('<path class="node barred" d="M{0:.0f},{1:.0f} l20,20 m-20,0 l20,-20"/>'),
    OTHER: Markup('<circle class="node other" cx="{2:.0f}" cy="{3:.0f}" r="9"/>'),
}
_STYLE = """
.ancestry { font: 13px system-ui, sans-serif; --ink: #1c1b19; --ground: #fff; --soft: #5b656c; }
@media (prefers-color-scheme: dark) { .ancestry { --ink: #ece8df; --ground: #1a1917; --soft: #a3adb3; } }
.ancestry .ground { fill: var(--ground); } .ancestry text { fill: var(--ink); text-anchor: middle; }
.ancestry .node { stroke: var(--ink); stroke-width: 2; fill: var(--ground); } .ancestry .serves { fill: var(--ink); }
.ancestry .barred { stroke-width: 3.5; } .ancestry path.weights, .ancestry path.rows { fill: none; stroke: var(--ink); stroke-width: 1.8; }
.ancestry path.rows { stroke-dasharray: 5 4; stroke: var(--soft); }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """One release: the version whose weights it started from, None for fresh ones, and those that wrote rows of its mix.

    `look` is SERVES, BARRED or OTHER.
    """

    version: int
    start: int | None
    authors: Sequence[int]
    look: str


def ancestry_picture(kin: Sequence[Kin]) -> Markup | None:
    """The newest releases as one `<svg>`; None where fewer than two of them are there."""
    shown = sorted(kin, key=lambda one: one.version)[-SHOWN:]
    if len(shown) < 2:
        return None
    place = {one.version: MARGIN + GAP * number for number, one in enumerate(shown)}
    parts = [_arc(place[one.start], place[one.version], "weights") for one in shown if one.start in place]
    parts += [_arc(place[author], place[one.version], "rows") for one in shown for author in one.authors if author in place]
    parts += [_node(one, place[one.version]) for one in shown]
    width = max(LEAST_WIDTH, 2 * MARGIN + GAP * (len(shown) - 1))
    height = BELOW if any(one.authors for one in shown) else ABOVE
    return Markup(
        '<svg class="ancestry" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}"><style>{}</style>'
        '<rect class="ground" width="100%" height="100%"/>{}</svg>'
    ).format(width, height, "Who comes from whom", Markup(_STYLE), Markup("").join(parts))  # noqa: S704 - our own style sheet


def _arc(one: float, other: float, what: str) -> Markup:
    """From a parent to its child, above the line for weights and below it for rows."""
    up = -1 if what == "weights" else 1
    rise = min(76.0, 22 + 0.28 * (other - one))
    start = MIDDLE + up * 14
    return Markup('<path class="{}" d="M{:.0f},{:.0f} C{:.0f},{:.1f} {:.0f},{:.1f} {:.0f},{:.0f}"/>').format(
        what, one, start, one, start + up * rise, other, start + up * rise, other, start
    )


def _node(one: Kin, x: float) -> Markup:
    shape = _SHAPES[one.look].format(x - 10, MIDDLE - 10, x, MIDDLE)
    return Markup('{}<text x="{:.0f}" y="{}">{}</text>').format(shape, x, MIDDLE + 34, one.version)
