"""A benchmark's file gives the same texts in every format, and is refused with its lines where it would guard in part only."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from governance.adapters.benchmark_file import read_benchmark
from governance.digest import digest_file
from governance.errors import BatchError

ROWS = [{"question": "Who, and when?", "answer": "nobody"}, {"question": "Why\nso?", "answer": None}, {"question": None, "answer": "yes"}]
COLUMNS = ("question", "answer")


def written(folder: Path, ending: str) -> Path:
    path = folder / f"exam{ending}"
    if ending == ".parquet":
        pl.DataFrame(ROWS).write_parquet(path)
    elif ending == ".jsonl":
        path.write_text("\n".join(json.dumps(row) for row in ROWS))
    else:
        with path.open("w", newline="") as file:
            sheet = csv.DictWriter(file, COLUMNS)
            sheet.writeheader()
            sheet.writerows(ROWS)
    return path


@pytest.mark.parametrize("ending", [".parquet", ".jsonl", ".csv"])
def test_every_format_gives_the_same_texts_by_line_and_column(tmp_path: Path, ending: str):
    path = written(tmp_path, ending)
    texts, sha256 = read_benchmark("exam", path, COLUMNS, 1 << 20)
    assert (texts["benchmark"].unique().to_list(), sha256) == (["exam"], digest_file(path))
    lines = [(1, "Who, and when?"), (1, "nobody"), (2, "Why\nso?"), (4 if ending == ".csv" else 3, "yes")]
    assert [text for _, text in texts.select("line", "text").rows()] == [text for _, text in lines]
    assert texts["line"].is_sorted()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("exam.jsonl", '{"text": "fine"}\n{"text": "  "}\n{"question": "x"}', r"2 lines hold no text in text(.|\n)*line 2"),
        ("exam.jsonl", '{"text": "fine"}\n{"text": ', r"1 lines cannot be read(.|\n)*line 2"),
        ("exam.csv", "question\nfine", r"has no column 'text'"),
        ("exam.csv", "text\n", "holds no text"),
        ("exam.pkl", "text", "exam.pkl"),
    ],
)
def test_a_file_that_would_guard_in_part_only_is_refused_with_its_place(tmp_path: Path, name: str, content: str, said: str):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(BatchError, match=said) as caught:
        read_benchmark("exam", path, ("text",), 1 << 20)
    assert "fine" not in str(caught.value)


def test_a_file_that_is_not_there_and_a_column_of_lists_are_said(tmp_path: Path):
    with pytest.raises(BatchError, match=r"gone\.csv: is missing"):
        read_benchmark("exam", tmp_path / "gone.csv", ("text",), 1 << 20)
    pl.DataFrame({"choices": [["a", "b"]]}).write_parquet(tmp_path / "exam.parquet")
    with pytest.raises(BatchError, match="column 'choices' is"):
        read_benchmark("exam", tmp_path / "exam.parquet", ("choices",), 1 << 20)
