"""The picture of several lines and the page around it: self-contained, readable without colour, with every number in its table."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from governance.adapters.report.charts import Chart, chart_page
from governance.adapters.report.lines import Line, line_picture

LINES = [
    Line(name="replace", values=[1.4, 2.0, 3.2], low=[1.3, 1.8, 2.9], high=[1.5, 2.2, 3.6]),
    Line(name="cap 35 % (policy)", values=[1.02, 1.03, 1.03], low=[1.0, 1.01, 1.02], high=[1.03, 1.05, 1.05], strong=True),
    Line(name="human only", values=[1.0, 0.99, 1.01], low=[0.98, 0.97, 0.99], high=[1.01, 1.0, 1.02]),
]
CHART = Chart(title="Tail perplexity", note="Higher is worse.", across="cycle", lines=LINES)


def test_the_picture_is_whole_xml_with_a_name_a_mark_and_a_dash_of_its_own_for_every_line():
    picture = str(line_picture(LINES, across="cycle", title="Tail perplexity"))
    root = ElementTree.fromstring(picture)  # noqa: S314 - our own picture
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"replace", "cap 35 % (policy)", "human only", "as before", "cycle"} <= set(words)
    dashes = re.findall(r'stroke-dasharray="([^"]+)"', picture)
    assert len(set(dashes)) == len(dashes) == 3
    assert root.attrib["aria-label"] == "Tail perplexity"


def test_names_at_the_ends_do_not_stand_on_each_other():
    picture = str(line_picture(LINES, across="cycle", title="x"))
    heights = sorted(float(y) for y in re.findall(r'y="([\d.]+)" font-weight', picture))
    assert all(later - earlier >= 15 - 1e-6 for earlier, later in pairwise(heights))


def test_the_page_needs_nothing_from_anywhere_and_holds_every_number():
    page = chart_page(title="student, what if", headline="After 3 cycles", charts=[CHART], words=["A proxy."])
    assert "default-src 'none'" in page
    assert re.findall(r"(?:src|href)=|<script|url\((?!#)", page) == []
    assert "+220.0 %<br><small>[+190.0, +260.0]</small>" in page
    assert page.index("After 3 cycles") < page.index("Tail perplexity") < page.index("A proxy.")


def test_a_title_from_outside_is_escaped_and_seen():
    page = chart_page(title="<script>\u202e", headline="x", charts=[CHART], words=[])
    assert "<script>" not in page
    assert "U+202E" in page


@pytest.mark.parametrize("values", [[1.0, 0.0], [1.0]])
def test_a_line_that_cannot_be_drawn_cannot_be_built(values: list[float]):
    with pytest.raises(ValueError, match="as many positive values"):
        Line(name="x", values=values, low=[1.0, 1.0], high=[1.0, 1.0])
