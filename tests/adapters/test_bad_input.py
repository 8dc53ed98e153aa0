"""The table of bad inputs, run through the door; docs/bad-input.md is rendered from it."""

import gzip
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.actions.freeze import batch_files
from governance.adapters.batch.door import FileBatchDoor
from governance.adapters.batch.files import READERS
from governance.errors import BatchError
from governance.ports.batch import ROW_ENDINGS
from tests.adapters.bad_input.case import Case, as_line, row
from tests.adapters.bad_input.files import OPENED, TRAP, bomb
from tests.adapters.bad_input.page import CASES, PAGE, page

DOOR = FileBatchDoor(expect=lambda _audit, _outline: [])


def admitted(case: Case, folder: Path) -> dict[str, Any]:
    inbox = folder / "batch"
    inbox.mkdir()
    for name, content in case.files.items():
        if isinstance(content, bytes):
            (inbox / name).write_bytes(content)
        else:
            content(inbox / name)
    return DOOR.admit(batch_files(inbox), case.mapping, case.rules, folder / "admitted.parquet", folder / "quarantine.jsonl")


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=lambda case: f"{case.topic}: {case.name}")
def test_every_row_is_read_right_or_quarantined_by_line_and_rule(case: Case, tmp_path: Path) -> None:
    audit = admitted(case, tmp_path)
    rows = pl.read_parquet(tmp_path / "admitted.parquet")
    refused = [json.loads(line)["_heirloom"] for line in (tmp_path / "quarantine.jsonl").read_text().splitlines()]
    assert rows["row_id"].to_list() == list(case.read)
    assert {one["line"]: one["rule"] for one in refused} == case.quarantined
    assert audit["rows_in"] == audit["admitted"] + audit["quarantined"] == len(case.read) + len(case.quarantined)
    assert {one["file"] for one in refused} <= {next(iter(case.files))}
    assert all(one["fix"] and one["found"] for one in refused)
    texts = dict(rows.select("row_id", "text").iter_rows())
    assert {row_id: texts[row_id] for row_id in case.texts} == case.texts
    assert OPENED not in os.environ


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=lambda case: f"{case.topic}: {case.name}")
def test_what_cannot_be_read_is_one_error_with_a_file_and_a_fix_and_nothing_is_written(case: Case, tmp_path: Path) -> None:
    with pytest.raises(BatchError) as caught:
        admitted(case, tmp_path)
    said = str(caught.value)
    assert case.refused in said
    assert caught.value.fix
    assert any(name in said or ascii(name)[1:-1] in said for name in (*case.files, "batch"))
    assert not (tmp_path / "admitted.parquet").exists()
    assert not (tmp_path / "quarantine.jsonl").exists()
    assert OPENED not in os.environ


def test_a_pickle_that_was_opened_would_be_seen() -> None:
    pickle.loads(TRAP)  # noqa: S301 - our own trap
    assert os.environ.pop(OPENED) == "1"


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.adapters.bad_input.page writes it anew"


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({(case.topic, case.name) for case in CASES}) == len(CASES)


def test_the_endings_that_wait_in_an_inbox_are_the_endings_that_are_read() -> None:
    assert set(ROW_ENDINGS) == set(READERS)


ADMIT = """
import sys
from collections.abc import Callable
from pathlib import Path
from governance.adapters.batch.door import FileBatchDoor
from governance.errors import BatchError
from governance.provenance.rules import ProvenanceRules
def most(): return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) >> 10
door, rules, out = FileBatchDoor(expect=lambda audit, outline: []), ProvenanceRules(), Path(sys.argv[1])
def admit(file): return door.admit([Path(file)], {}, rules, out / "admitted.parquet", out / "quarantine.jsonl")
admit(sys.argv[2])
before = most()
try: said = admit(sys.argv[3])["rows_in"]
except BatchError as error: said = error.found
print(most() - before, said)
"""
"""Admit a small file, then a large one: the MiB by which the peak of memory grew, and what became of the large one."""


def grown(folder: Path, file: Path) -> tuple[int, str]:
    small = folder / f"small{''.join(file.suffixes)}"
    frame = pl.DataFrame([row("x")])
    if file.suffix == ".parquet":
        frame.write_parquet(small)
    elif file.suffix == ".csv":
        frame.write_csv(small)
    else:
        content = as_line(row("x")) + b"\n"
        small.write_bytes(gzip.compress(content) if file.suffix == ".gz" else content)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", ADMIT, str(folder), str(small), str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    mebibytes, said = done.stdout.split(maxsplit=1)
    return int(mebibytes), said.strip()


def wide_csv(path: Path) -> None:
    names = [f"column_{n}" for n in range(10_000)]
    rows = (f"row-{n},People wrote this.,human{',value' * 10_000}" for n in range(500))
    path.write_text("\n".join([",".join(["row_id", "text", "origin", *names]), *rows]))


def wide_parquet(path: Path) -> None:
    many = 500
    table = {"row_id": [f"row-{n}" for n in range(many)], "text": ["People wrote this."] * many, "origin": ["human"] * many}
    pq.write_table(pa.table(table | {f"column_{n}": ["value"] * many for n in range(10_000)}), path)


def repeated_parquet(path: Path) -> None:
    """A file of a few kB in which 4,000 rows share one text of 100 kB."""
    many = 4000
    text = pa.DictionaryArray.from_arrays(pa.array([0] * many, pa.int32()), pa.array(["word " * 20_000])).cast(pa.string())
    pq.write_table(pa.table({"row_id": list(range(many)), "text": text, "origin": ["human"] * many}), path, row_group_size=many)


def inflated_parquet(path: Path) -> None:
    """300 MiB of one letter that are a few kB of zstd."""
    text = pa.array(["x" * (1 << 20)] * 300)
    table = pa.table({"row_id": list(range(300)), "text": text, "origin": ["human"] * 300})
    pq.write_table(table, path, use_dictionary=False, compression="zstd", row_group_size=10)


def long_line(path: Path) -> None:
    with path.open("wb") as out:
        out.write(b'{"row_id": "long", "origin": "human", "text": "')
        for _ in range(200):
            out.write(b"x" * (1 << 20))
        out.write(b'"}')


@pytest.mark.parametrize(
    ("name", "make", "most", "said"),
    [
        ("line.jsonl", long_line, 60, "1"),
        ("bomb.jsonl.gz", bomb, 60, "unpacks to more than 268435456 bytes, 200 times its size"),
        ("wide.csv", wide_csv, 150, "500"),
        ("wide.parquet", wide_parquet, 400, "500"),
        ("repeated.parquet", repeated_parquet, 350, "4000"),
        ("inflated.parquet", inflated_parquet, 60, "unpacks to 314"),
    ],
)
def test_memory_is_bounded_by_what_may_be_in_it_and_not_by_the_file(
    tmp_path: Path, name: str, make: Callable[[Path], None], most: int, said: str
) -> None:
    make(tmp_path / name)
    mebibytes, found = grown(tmp_path, tmp_path / name)
    assert said in found
    assert mebibytes < most
