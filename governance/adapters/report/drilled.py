"""A drill as a picture and a page: each fault's rate with its Wilson interval, and the promises that rest on it."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from governance.adapters.report.template import page_template
from governance.adapters.report.visible import line as one_line

WIDTH, LEFT, RIGHT, ROW, TOP = 760, 330, 90, 26, 46
_STYLE = """
.rates { font: 12px system-ui, sans-serif; --ink: #1c1b19; --faint: #d9d5cc; --ground: #fff; --good: #1f6f8b; --bad: #a3262a; }
@media (prefers-color-scheme: dark) { .rates { --ink: #ece8df; --faint: #46423b; --ground: #1a1917; --good: #7fc4dc; --bad: #f08a84; } }
.rates .ground { fill: var(--ground); } .rates text { fill: var(--ink); } .rates .grid { stroke: var(--faint); }
.rates .good { stroke: var(--good); fill: var(--good); } .rates .bad { stroke: var(--bad); fill: var(--bad); }
.rates line.interval { stroke-width: 2.2; }
"""


def drill_picture(document: Mapping[str, Any]) -> Markup:
    """How often each course did not pass, known good ones as discs and planted ones as squares, as one `<svg>` that stands alone."""
    faults = sorted(document["faults"], key=lambda fault: not fault["good"])
    height = TOP + ROW * len(faults) + 22
    grid = [_upright(share, height) for share in (0, 25, 50, 75, 100)]
    rows = [_row(fault, TOP + ROW * place) for place, fault in enumerate(faults)]
    head = Markup('<text x="{}" y="18" font-weight="bold">{}</text>').format(LEFT, "share of courses that the gate did not let through")
    return Markup(
        '<svg class="rates" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}"><style>{}</style>'
        '<rect class="ground" width="100%" height="100%"/>{}</svg>'
    ).format(WIDTH, height, "What the gate let through, by fault", Markup(_STYLE), Markup("").join([head, *grid, *rows]))  # noqa: S704 - our own style


def drill_page(document: Mapping[str, Any], model: str) -> str:
    """The whole drill as one HTML file, with no script and no address outside itself."""
    return page_template("drill.html").render(
        title=one_line(f"{model}, drill", 120),
        document=document,
        headline=headline(document),
        picture=drill_picture(document),
        faults=[{**fault, "rates": [_words(rate) for rate in _rates(fault)]} for fault in document["faults"]],
        promises=[{**promise, "rate": _words(promise), "bound": _bound(promise)} for promise in document["promises"]],
        words=_about(document),
    )


def headline(document: Mapping[str, Any]) -> str:
    """The result in one sentence."""
    broken = sum(promise["broken"] for promise in document["promises"])
    if broken:
        return f"{broken} of {len(document['promises'])} promises of the gate are broken."
    return f"No promise of the gate is broken in {len(document['seeds'])} seeds; how sure that is, the intervals say."


def _rates(fault: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [fault[name] for name in ("caught", "not_promoted", "blocked", "alarmed")]


def _about(document: Mapping[str, Any]) -> list[str]:
    held = document["documents"]
    return [
        f"Trainer {document['trainer']}, {document['model']} model, started {document['start']}; gate {document['gate_version'][:16]}.",
        f"Seeds {', '.join(map(str, document['seeds']))}; {document['size']['rows']:,} human rows a training set of {held['pool']:,}, "
        f"{held['tail']:,} tail and {held['human']:,} human documents, {held['prompts']:,} prompts.",
        "All seeds share documents and prompts, so the intervals are about models and not about other documents. Every generation is taken "
        "as promoted. A disc is known good and belongs at 0 %, a square is planted and belongs at 100 %.",
    ]


def _row(fault: Mapping[str, Any], top: int) -> Markup:
    kind = "good" if fault["good"] else "bad"
    name = Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(LEFT - 12, top + 17, one_line(fault["title"], 60))
    if fault["missing"]:
        return name + Markup('<text x="{}" y="{}" font-style="italic">{}</text>').format(LEFT + 8, top + 17, "not measured")
    caught = fault["caught"]
    low, here, high = (_across(100 * share) for share in (caught["low"], caught["hits"] / max(caught["rows"], 1), caught["high"]))
    bar = Markup('<line class="interval {0}" x1="{1:.1f}" x2="{2:.1f}" y1="{3}" y2="{3}"/>').format(kind, low, high, top + 13)
    mark = (
        Markup('<circle class="{}" cx="{:.1f}" cy="{}" r="5"/>').format(kind, here, top + 13)
        if fault["good"]
        else Markup('<rect class="{}" x="{:.1f}" y="{}" width="10" height="10"/>').format(kind, here - 5, top + 8)
    )
    count = Markup('<text x="{}" y="{}">{} of {}</text>').format(WIDTH - RIGHT + 14, top + 17, caught["hits"], caught["rows"])
    return Markup("").join([name, bar, mark, count])


def _upright(share: int, height: int) -> Markup:
    x = _across(share)
    line = Markup('<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>').format(x, TOP - 6, height - 18)
    return line + Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{} %</text>').format(x, TOP - 12, share)


def _across(percent: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * percent / 100


def _words(counted: Mapping[str, Any]) -> str:
    return f"{counted['hits']} of {counted['rows']} [{100 * counted['low']:.1f}, {100 * counted['high']:.1f}] %"


def _bound(promise: Mapping[str, Any]) -> str:
    side = "at_least" if "at_least" in promise else "at_most"
    return f"{side.replace('_', ' ')} {100 * promise[side]:.0f} %"
