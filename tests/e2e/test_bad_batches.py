"""Bad input through the real command: one clear error, or a quarantine with nothing lost; never a traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.e2e.shell import Done, run

pytestmark = pytest.mark.e2e
Row = dict[str, Any]


@pytest.fixture
def workspace(copy: Callable[[], Path]) -> Path:
    return copy()


def human(row_id: str, text: str, **more: Any) -> Row:
    return {"row_id": row_id, "text": text, "origin": "human", "source_tier": "archive", "slice": "news", **more}


def good(count: int) -> list[Row]:
    return [
        human(f"good-{n}", f"row {n} tells of town number {n * 7919 % 1000}, where nobody wrote {'very ' * (n % 5)}much")
        for n in range(count)
    ]


def lines(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def planned(workspace: Path, batch: Path) -> Done:
    done = run(workspace, "plan", str(batch), "--json")
    assert "Traceback" not in done.err
    return done


def audit_of(done: Done, rows_in: int) -> Row:
    assert done.code == 0, done.out + done.err
    audit: Row = done.document["audit"]
    assert audit["rows_in"] == audit["admitted"] + audit["quarantined"] == rows_in
    return audit


def quarantine(workspace: Path) -> list[Row]:
    return [json.loads(line) for line in (workspace / "cycle" / "quarantine.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("name", ["empty.jsonl", "empty.csv", "empty.parquet"])
def test_an_empty_file_is_one_clear_error(workspace: Path, name: str):
    (workspace / name).write_bytes(b"")
    done = planned(workspace, workspace / name)
    assert done.code == 2
    assert name in done.document["message"]


def test_a_batch_that_is_not_there_an_empty_folder_and_a_link_are_one_clear_error_each(workspace: Path):
    (workspace / "empty").mkdir()
    (workspace / "link.jsonl").symlink_to(workspace / "policy.toml")
    for name, said in (("nowhere.csv", "does not exist"), ("empty", "is empty"), ("link.jsonl", "symbolic link")):
        done = planned(workspace, workspace / name)
        assert done.code == 2
        assert said in done.document["message"]


def test_a_truncated_parquet_and_a_missing_column_are_one_clear_error_each(workspace: Path):
    whole = workspace / "whole.parquet"
    pl.DataFrame(good(50)).write_parquet(whole)
    (workspace / "cut.parquet").write_bytes(whole.read_bytes()[:400])
    (workspace / "columns.csv").write_text("row_id,origin\na,human\n")
    for name in ("cut.parquet", "columns.csv"):
        done = planned(workspace, workspace / name)
        assert done.code == 2
        assert name in done.document["message"]


def test_model_text_alone_is_refused_with_numbers_and_a_fix(workspace: Path):
    rows = [{**row, "origin": "model", "generator": "gpt", "generator_version": "4"} for row in good(200)]
    done = run(workspace, "retrain", str(lines(workspace / "model.jsonl", rows)), "--json")
    assert done.code == 3
    assert "human" in done.document["message"]
    assert "fix" in done.document["message"]
    assert run(workspace, "status", "--json").document["champion"] == 2


def test_a_line_of_100_megabytes_is_kept_by_reference_and_its_neighbours_are_admitted(workspace: Path):
    path = lines(workspace / "long.jsonl", good(200))
    before = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(b'{"row_id": "long", "origin": "human", "text": "')
        for _ in range(100):
            stream.write(b"a" * 1_000_000)
        stream.write(b'"}\n')
    with path.open("a") as stream:
        stream.write(json.dumps(human("after", "the row after the long one has words of its own")) + "\n")
    audit = audit_of(planned(workspace, path), 202)
    assert audit["quarantined"] == 1
    said = quarantine(workspace)[0]["_heirloom"]
    assert (said["file"], said["line"], said["offset"]) == ("long.jsonl", 201, before)
    assert said["length"] > 100_000_000


def test_wrong_encodings_are_quarantined_by_line_and_nothing_else_is(workspace: Path):
    path = lines(workspace / "latin.jsonl", good(200))
    with path.open("ab") as stream:
        stream.write('{"row_id": "latin", "origin": "human", "text": "café au lait"}\n'.encode("latin-1"))
    assert audit_of(planned(workspace, path), 201)["quarantined"] == 1
    assert quarantine(workspace)[0]["_heirloom"]["line"] == 201
    table = workspace / "latin.csv"
    text = "".join(f'{row["row_id"]},human,"{row["text"]}"\n' for row in good(200))
    table.write_bytes(f"row_id,origin,text\n{text}".encode() + "latin,human,café\n".encode("latin-1"))
    assert audit_of(planned(workspace, table), 201)["quarantined"] == 1


def test_duplicate_ids_that_disagree_are_all_refused_and_a_mended_quarantine_is_admitted(workspace: Path):
    rows = [*good(200), human("twice", "one text of this id"), human("twice", "another text of the same id")]
    assert audit_of(planned(workspace, lines(workspace / "twice.jsonl", rows)), 202)["quarantined"] == 2
    refused = quarantine(workspace)
    assert {row["_heirloom"]["line"] for row in refused} == {201, 202}
    for place, row in enumerate(refused):
        row["row_id"] = f"mended-{place}"
    mended = lines(workspace / "mended.jsonl", [*good(200), *refused])
    assert audit_of(planned(workspace, mended), 202)["quarantined"] == 0


def test_rows_on_a_cycle_of_parents_are_refused_and_their_neighbours_are_not(workspace: Path):
    made = {"origin": "hybrid", "generator": "gpt", "generator_version": "4"}
    rows = [
        *good(200),
        {**human("a", "a was made from b"), **made, "parent_ids": ["b"]},
        {**human("b", "b was made from c"), **made, "parent_ids": ["c"]},
        {**human("c", "c was made from a"), **made, "parent_ids": ["a"]},
        {**human("d", "d was made from a good row"), **made, "parent_ids": ["good-1"]},
    ]
    audit = audit_of(planned(workspace, lines(workspace / "cycle.jsonl", rows)), 204)
    assert audit["quarantined"] == 3
    assert {row["row_id"] for row in quarantine(workspace)} == {"a", "b", "c"}
