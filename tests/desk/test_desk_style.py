"""The desk's colours, computed (WCAG 2.2, AA): text at 4.5 to 1, what is not text at 3 to 1, in the light and in the dark."""

import re

import pytest

from governance.adapters.report.template import page_template

TEXT = [
    *((ink, ground) for ink in ("ink", "soft", "pass", "block", "inconclusive") for ground in ("ground", "panel")),
    ("ground", "ink"),  # a button
    ("panel", "block"),
]
SEEN = [(mark, ground) for mark in ("focus", "soft", "ink", "block") for ground in ("ground", "panel")]


def colours(*, dark: bool) -> dict[str, str]:
    """The variables in force: those of the light, and in the dark what is said there on top."""
    found: dict[str, str] = {}
    for name in ("report.css", "desk.css"):
        style = page_template(name).render()
        blocks = re.findall(r"(@media \(prefers-color-scheme: dark\) \{\s*)?:root \{([^}]*)\}", style)
        assert blocks, name
        for media, block in blocks:
            if dark or not media:
                found |= dict(re.findall(r"--([a-z]+):\s*(#[0-9a-f]{6})", block))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_the_standards() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_read(ink: str, ground: str, dark: bool) -> None:
    found = colours(dark=dark)
    assert contrast(found[ink], found[ground]) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), SEEN)
def test_borders_and_the_focus_are_seen(mark: str, ground: str, dark: bool) -> None:
    found = colours(dark=dark)
    assert contrast(found[mark], found[ground]) >= 3


def test_no_colour_of_the_desk_stands_outside_of_the_variables() -> None:
    style = page_template("desk.css").render()
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r"--[a-z]+:\s*#[0-9a-f]{6}", "", style).replace("#sign", "").replace("#said", ""))
    assert "outline:3px solid var(--focus)" in style
    assert "outline:none" not in style
    assert "outline:0" not in style
