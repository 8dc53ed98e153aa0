"""Declared beside estimated, on the page, in the registry and in the terminal: with an interval or with a reason, and no row by name."""

from pathlib import Path

from cycle_on_disk import HOSTILE, the_audit_of_origins, write_cycle

from cli.laundering import laundering_lines
from governance.adapters.report.description import describe
from governance.adapters.report.documents import read_cycle
from governance.adapters.report.drawing import declared_track
from governance.adapters.report.page import render
from governance.provenance.laundering.words import estimate_words, told


def test_the_page_shows_declared_beside_estimated_and_why_a_share_is_not_identifiable(blocked: Path) -> None:
    page = render(read_cycle(blocked))
    assert "Do declared origins hold?" in page
    assert "declared 43.8 % · estimated 61.2 % [57.3, 65.2] (style)" in page
    assert "at least 56.0 %; not identifiable: style: 1 held-out generators, at least 4 wanted" in page
    assert "41 rows are doubtful (41 style) and wait for people" in page
    assert "Not measured: watermark: no key" in page


def test_a_cycle_that_was_never_audited_has_a_page_without_that_part(passed: Path) -> None:
    (passed / "laundering.json").unlink()
    assert "Do declared origins hold?" not in render(read_cycle(passed))
    assert "Declared origins" not in describe(read_cycle(passed))


def test_the_registry_says_it_in_one_line(blocked: Path) -> None:
    said = [found for found in describe(read_cycle(blocked)).splitlines() if found.startswith("Declared origins")]
    assert len(said) == 1
    assert "43.8 %" in said[0].replace("\\", "")


def test_hostile_names_of_slices_stay_text_on_the_page_and_in_the_terminal(tmp_path: Path) -> None:
    documents = read_cycle(write_cycle(tmp_path / "cycle", hostile=HOSTILE))
    assert "<script" not in render(documents)
    assert any("\\[bold]" in line for line in laundering_lines(the_audit_of_origins("[bold]x")))


def test_the_terminal_shows_the_batch_first_then_the_largest_sure_gap() -> None:
    document = the_audit_of_origins("")
    lines = laundering_lines(document)
    assert lines[2].split() == ["whole", "batch", "1,352", "43.8", "%", "61.2", "%", "\\[57.3,", "65.2]"]
    assert "slice asyncio" in lines[3]
    assert any("No detector convicts a row" in line for line in lines)
    small = {**document["groups"][1], "group": "small", "gap": 0.0}
    assert [one["group"] for one in told({**document, "groups": [*document["groups"], small]}, 2)] == ["batch", "asyncio"]


def test_a_share_that_is_not_known_and_not_bounded_is_no_number() -> None:
    group = the_audit_of_origins("")["groups"][1]
    bare = {key: value for key, value in group.items() if key != "at_least"}
    assert estimate_words(bare).startswith("not identifiable: style")


def test_the_bar_draws_an_interval_or_an_arrow_from_the_bound_or_nothing_over_what_is_declared() -> None:
    assert str(declared_track(0.4, (0.5, 0.6, 0.7), None)).count("estimate") == 4
    assert "path" in declared_track(0.4, None, 0.5)
    assert "estimate" not in declared_track(0.4, None, 0.4)
    assert "nan" not in declared_track(0.0, (0.0, 0.0, 1.0), 0.0)
