"""The sheet: nothing in it is a formula, a spreadsheet may save it as it likes, and a text that was swapped is seen."""

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.label_sheet import COLUMNS, read_sheet, shown_digest, shown_text, write_sheet
from governance.digest import digest_text
from governance.errors import UsageError
from governance.provenance.labels.queue import QUEUE_SCHEMA
from governance.provenance.labels.sheet import Line

FORMULA = '=HYPERLINK("http://evil","x")'


def queued(**cells: Any) -> dict[str, Any]:
    text = cells.get("text", "People wrote this.")
    base = {"row_id": "r", "sha256": digest_text(text), "source_file": "a.jsonl", "line": 3, "slice": "news", "why": "w", "reasons": "x"}
    return {**dict.fromkeys(QUEUE_SCHEMA), **base, "origin": "human", "label": 0, "text": text, **cells}


def sheet(path: Path, *rows: dict[str, Any]) -> Path:
    write_sheet(path, pl.DataFrame(list(rows), schema=QUEUE_SCHEMA))
    return path


def shown(*rows: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(row["row_id"], row["sha256"]): shown_digest(shown_text(row["text"])) for row in rows}


def saved(path: Path, **cells: str) -> Path:
    """The sheet with some cells of its first line rewritten, as somebody with a spreadsheet does it."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, first, *rest = csv.reader(stream)
    first = [cells.get(name, cell) for name, cell in zip(header, first, strict=True)]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([header, first, *rest])
    return path


@pytest.mark.parametrize("text", [FORMULA, "+1", "-1", "@x", "\tx", "\u2000=1", "\uff1d1", "'=1", "'", "", "00123", "1E5", "2026-01-02"])
def test_no_cell_begins_like_a_formula_or_a_number_and_all_come_back(tmp_path: Path, text: str) -> None:
    row = queued(row_id=f"{text}x", generator=text, slice=text, reasons=text, text=f"{text}.")
    path = sheet(tmp_path / "a.csv", row)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        cells = next(iter(csv.DictReader(stream)))
    assert not any(cell[:1] in "=+-@\t\r\uff1d" for cell in cells.values() if cell)
    assert all(not cells[name][:1].isdigit() for name in COLUMNS if name not in ("line", "label"))
    found = read_sheet(path, shown(row))[0]
    assert (found.row_id, found.sha256, found.label, found.text_holds) == (f"{text}x".strip(), row["sha256"], 0, True)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1),
)
def test_whatever_a_row_holds_is_read_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str, name: str) -> None:
    path = tmp_path_factory.mktemp("sheet") / "a.csv"
    row = queued(row_id=name, text=text)
    found = read_sheet(sheet(path, row), shown(row))
    assert found == (Line(number=2, row_id=name, sha256=row["sha256"], origin="human", label=0),)


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_a_spreadsheet_may_use_its_own_delimiter_and_line_ends_and_add_blanks(tmp_path: Path, delimiter: str) -> None:
    row = queued(text="Two lines;\nof text, and a tab.")
    path = sheet(tmp_path / "a.csv", row)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [[cell.replace("\n", "\r\n") + " " for cell in cells] for cells in csv.reader(stream)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([*rows, [""] * len(COLUMNS)])
    found = read_sheet(path, shown(row))
    assert [(line.number, line.row_id, line.text_holds) for line in found] == [(2, "r", True)]


def test_hidden_characters_are_shown_and_a_long_text_is_cut_to_what_a_cell_holds(tmp_path: Path) -> None:
    row = queued(text="left\u202eright" + "x" * 40_000)
    path = sheet(tmp_path / "a.csv", row)
    content = path.read_text(encoding="utf-8-sig")
    assert "\u202e" not in content
    assert "⟦U+202E⟧" in content
    assert len(content) < 31_000
    assert read_sheet(path, shown(row))[0].text_holds


def test_a_text_that_is_not_the_rows_is_seen_and_a_missing_one_is_none(tmp_path: Path) -> None:
    row = queued()
    path = sheet(tmp_path / "a.csv", row)
    assert not read_sheet(saved(path, text="A model wrote this."), shown(row))[0].text_holds
    assert read_sheet(saved(path, text=""), shown(row))[0].text_holds
    assert read_sheet(saved(path, text=row["text"]), {})[0].text_holds


def test_a_line_that_somebody_added_has_no_label_of_its_own(tmp_path: Path) -> None:
    path = saved(sheet(tmp_path / "a.csv", queued()), label="", new_origin=" Model ", note=" seen ")
    found = read_sheet(path, {})[0]
    assert (found.label, found.new_origin, found.note) == (None, "Model", "seen")


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.csv", queued())
    with pytest.raises(UsageError, match="exists"):
        sheet(path, queued())
    with pytest.raises(UsageError, match="cannot be written"):
        sheet(tmp_path / "nowhere" / "a.csv", queued())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no column 'row_id'"),
        (b"row_id,sha256\nr,a\n", "has no column 'source_file'"),
        ((",".join(COLUMNS) + ",note\n").encode(), "names a column twice"),
        ((",".join(COLUMNS) + "\nr,a\n").encode(), "1 lines have more or fewer cells"),
        ((",".join(COLUMNS) + "\ncaf\xe9\n").encode("latin-1"), "is not UTF-8"),
        ((",".join(COLUMNS) + '\n"a"b,\n').encode(), "is no CSV"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_sheet_is_one_clear_error(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UsageError, match=said):
        read_sheet(tmp_path / "a.csv", {})
