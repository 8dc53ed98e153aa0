"""docs/bad-input.md, rendered from the table that the tests run: `python -m tests.adapters.bad_input.page` writes it."""

from itertools import groupby
from pathlib import Path

from tests.adapters.bad_input import csv_text, encodings, files, json_text, parquet_tables, values
from tests.adapters.bad_input.case import Case

CASES: tuple[Case, ...] = (
    *encodings.CASES,
    *json_text.CASES,
    *csv_text.CASES,
    *parquet_tables.CASES,
    *files.CASES,
    *values.CASES,
)
PAGE = Path(__file__).parents[3] / "docs" / "bad-input.md"
HEAD = """# Bad input: what becomes of it

Every line below is a test (`tests/adapters/test_bad_input.py`), and this page is rendered from the same table: {count} cases.

- **Read right**: the rows enter as they were meant.
- **Quarantined**: the bad rows are kept with file, line, the rule that each breaks and how to mend it; the rows around them enter.
- **Refused**: the batch as a whole, by one error that names the file and the way out, and nothing is written.

In every case rows in = admitted + quarantined. Nothing is repaired by guessing, nothing is replaced, nothing is passed over in silence.
The rules are explained in [provenance.md](provenance.md).

Memory is bounded by what may be in it and not by what a file says of itself: a line is held up to `6 * max_row_bytes + 64 KiB`;
gzip and Parquet may unpack to 256 MiB, or to 200 times their size where that is more; Parquet is read in runs of about 16 MiB even
where every row repeats the longest value of its dictionary.

What cannot be told by looking is not told: a word in Cyrillic letters, text that was garbled before it came, a false but possible day.
"""


def page() -> str:
    parts = [HEAD.format(count=len(CASES))]
    for topic, cases in groupby(CASES, key=lambda case: case.topic):
        parts += [f"\n## {topic}\n", "| input | what becomes of it |", "|---|---|"]
        parts += [f"| {_cell(case.name)} | {_cell(_outcome(case))} |" for case in cases]
    return "\n".join(parts) + "\n"


def _outcome(case: Case) -> str:
    return f"{case.outcome} ({case.note})" if case.note else case.outcome


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
