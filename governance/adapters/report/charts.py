"""A page of charts: one self-contained HTML file with a picture and the table of its numbers for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from governance.adapters.report.lines import Line, line_picture
from governance.adapters.report.numbers import interval, percent
from governance.adapters.report.template import page_template
from governance.adapters.report.visible import line as one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The numbers of one line in words."""

    name: str
    cells: Sequence[tuple[str, str]]
    """The change and its bounds, a step each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lines over steps, with what there is to know before looking at them."""

    title: str
    note: str
    across: str
    lines: Sequence[Line]

    @property
    def picture(self) -> Markup:
        """The chart as SVG."""
        return line_picture(self.lines, across=self.across, title=self.title)

    @property
    def steps(self) -> Sequence[int]:
        return range(1, max(len(line.values) for line in self.lines) + 1)

    @property
    def rows(self) -> Sequence[Row]:
        """The same numbers as a table: nothing is in the picture alone."""
        return [
            Row(name=line.name, cells=[_cell(*numbers) for numbers in zip(line.values, line.low, line.high, strict=True)])
            for line in self.lines
        ]


def chart_page(*, title: str, headline: str, charts: Sequence[Chart], words: Sequence[str]) -> str:
    """The whole page, with no script, no link and no address outside itself."""
    return page_template("charts.html").render(
        title=one_line(title, 120),
        headline=headline.replace(" %", "\N{NO-BREAK SPACE}%"),
        charts=charts,
        words=[one_line(word, 600) for word in words],
    )


def _cell(value: float, low: float, high: float) -> tuple[str, str]:
    return percent(value - 1), interval({"low": low - 1, "high": high - 1})
