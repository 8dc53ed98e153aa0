import gzip
import hashlib
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.batch import comma_separated, json_lines
from governance.adapters.batch.text import lines, opened, reference, runs
from governance.errors import BatchError
from governance.provenance.mapping import ColumnMapping

MAPPING = ColumnMapping.from_document({"row_id": "row_id", "text": "text", "origin": "origin", "parent_ids": "parents"})
GOOD = b'{"row_id": "a", "text": "t", "origin": "human"}'


def read_json(path: Path, content: bytes, max_row_bytes: int = 1000) -> list[dict[str, Any]]:
    path.write_bytes(content)
    return [row for chunk in json_lines.chunks(path, MAPPING, max_row_bytes) for row in chunk.raw.iter_rows(named=True)]


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"x")), max_size=8), st.integers(1, 12), st.booleans())
def test_every_line_is_given_with_its_place_and_none_is_held_beyond_the_limit(parts: list[bytes], limit: int, closed: bool) -> None:
    content = b"x" + b"\n".join(parts) + (b"\n" if closed else b"")
    found = list(lines(io.BytesIO(content), limit))
    assert [content[line.offset : line.offset + line.length] for line in found] == content.removesuffix(b"\n").split(
        b"\n"
    ) or content == b"\n"
    assert [line.raw for line in found] == [content[line.offset :][: line.length] if line.length <= limit else None for line in found]
    assert [line.number for line in found] == list(range(1, len(found) + 1))
    assert [line for run in runs(found) for line in run] == found


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b'{"row_id": "a", "text": "\xff"}', "not-utf8"),
        (b'{"row_id": "a", "te', "not-json"),
        (b'{"row_id": "a\0"}', "not-json"),
        (b"[" * 100_000, "line-too-long"),
        (b'["a"]', "not-an-object"),
        (b"7", "not-an-object"),
        (b'{"row_id": "a", "row_id": "b"}', "duplicate-key"),
        (b'{"row_id": "a", "score": NaN}', "not-a-number"),
        (b'{"row_id": "a", "score": -Infinity}', "not-a-number"),
        (b'{"row_id": "a", "text": "\\ud83d"}', "lone-surrogate"),
        (b'{"row_id": "a", "text": true}', "wrong-type"),
        (b'{"row_id": 1.5}', "wrong-type"),
        (b'{"row_id": "a", "parents": [["b"]]}', "wrong-type"),
        (b'{"row_id": ' + b"9" * 5000 + b"}", "not-json"),
        (b'{"_heirloom": {"file": "x", "offset": 3, "length": 9}}', "not-mended"),
    ],
)
def test_a_broken_line_is_refused_with_its_number_and_the_lines_around_it_are_read(tmp_path: Path, line: bytes, rule: str) -> None:
    found = read_json(tmp_path / "x.jsonl", GOOD + b"\r\n\n" + line + b"\n" + GOOD)
    assert [(row["line"], row["unread"]) for row in found] == [(1, None), (3, rule), (4, None)]
    assert found[0]["one:text"] == found[2]["one:text"] == "t"


def test_deeply_nested_json_is_refused_and_not_a_crash(tmp_path: Path) -> None:
    assert read_json(tmp_path / "x.jsonl", b'{"a": ' + b"[" * 50_000, 100_000)[0]["unread"] == "not-json"


@pytest.mark.parametrize(
    ("line", "text", "parents"),
    [
        (b"\xef\xbb\xbf" + GOOD, "t", None),
        (b'{"row_id": "a", "text": "x\\r\\ny\\u0000", "parents": "p"}', "x\r\ny\0", ["p"]),
        (b'{"row_id": "a", "text": "\\ud83d\\ude00", "parents": ["p", 7, null]}', "\U0001f600", ["p", "7", None]),
        (GOOD[:-1] + b', "_heirloom": {"rule": "x"}, "_heirloom": {"rule": "y"}}', "t", None),
        (b'{"row_id": "a", "text": "e\\u0301", "text": "e\\u0301", "more": {"x": 1}}', "e\u0301", None),
    ],
)
def test_a_strange_line_is_read_to_the_character(tmp_path: Path, line: bytes, text: str, parents: list[str] | None) -> None:
    row = read_json(tmp_path / "x.jsonl", line)[0]
    assert (row["unread"], row["one:text"], row["many:parents"]) == (None, text, parents)


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_a_hundred_megabytes_on_one_line_are_passed_over_in_little_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with gzip.open(path, "wb", compresslevel=1) if name.endswith("gz") else path.open("wb") as out:
        out.write(GOOD + b"\n")
        seen = hashlib.sha256()
        for piece in (b'{"row_id": "long", "text": "', *[b"x" * (1 << 20)] * 100, b'"}'):
            out.write(piece)
            seen.update(piece)
        out.write(b"\n" + GOOD + b"\n")
    tracemalloc.start()
    chunk = next(iter(json_lines.chunks(path, MAPPING, 1_000_000)))
    original = chunk.original(1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert chunk.raw["unread"].to_list() == [None, "line-too-long", None]
    assert (original.record, original.offset, original.sha256) == (None, len(GOOD) + 1, seen.hexdigest())
    assert peak < 40 << 20


def test_originals_are_kept_to_the_byte_and_without_the_field_of_an_earlier_quarantine(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    strange = b'{"row_id":  1.50, "row_id": 1e3, "big": 123456789012345678901234567890}'
    path.write_bytes(strange + b"\n" + GOOD[:-1] + b', "_heirloom": {"rule": "x"}}\n\xff\n')
    chunk = next(iter(json_lines.chunks(path, MAPPING, 1000)))
    assert chunk.original(0).record == strange.decode()
    assert json.loads(chunk.original(1).record or "") == json.loads(GOOD)
    kept = chunk.original(2)
    assert (kept.record, kept.length, kept.sha256) == (None, 1, hashlib.sha256(b"\xff").hexdigest())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.jsonl", gzip.compress(GOOD, mtime=0), "the bytes are gzip"),
        ("x.jsonl.gz", GOOD, "the bytes are not gzip"),
        ("x.jsonl.gz", gzip.compress(GOOD * 1000, mtime=0)[:-9], "the gzip file is broken"),
        ("x.jsonl", b"\xff\xfe{\0", "is UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_one_error(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(BatchError, match=said):
        read_json(tmp_path / name, content)


def read_csv(path: Path, content: bytes, max_row_bytes: int = 1000) -> list[dict[str, Any]]:
    path.write_bytes(content)
    return [row for chunk in comma_separated.chunks(path, MAPPING, max_row_bytes) for row in chunk.raw.iter_rows(named=True)]


HEADER = b"row_id,text,origin,parents\r\n"
FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6) | st.text('",\n\r', max_size=6)


@given(rows=st.lists(st.tuples(FIELD, FIELD).filter(any), max_size=6), terminator=st.sampled_from(["\r\n", "\n"]))
def test_whatever_a_csv_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], terminator: str
) -> None:
    import csv

    path = tmp_path_factory.mktemp("csv") / "x.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator=terminator, quoting=csv.QUOTE_ALL)
        writer.writerows([("row_id", "text", "origin", "parents"), *((a, b, "human", "p") for a, b in rows)])
    found = read_csv(path, path.read_bytes())
    assert [(row["one:row_id"], row["one:text"], row["many:parents"]) for row in found] == [(a, b, ["p"]) for a, b in rows]
    content = path.read_bytes()
    with opened(path) as stream:
        joined = list(comma_separated.records(lines(stream, 10_000), 10_000))
    assert b"\n".join(content[line.offset :][: line.length] for line in joined) + b"\n" == content


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        (b"a,t,human", "field-count"),
        (b"a,t,human,p,more", "field-count"),
        (b"a,\xff,human,", "not-utf8"),
        (b"a,x\ry,human,", "not-csv"),
        (b'a,"' + b"x" * 80_000 + b'",human,', "line-too-long"),
        (b'a,"' + b"x\n" * 40_000 + b'",human,', "line-too-long"),
    ],
)
def test_a_broken_record_is_refused_with_its_line_and_the_records_around_it_are_read(tmp_path: Path, record: bytes, rule: str) -> None:
    found = read_csv(tmp_path / "x.csv", HEADER + b'"a","two\nlines",human,\n\n' + record + b'\nb,5" disk,human,\n')
    last = 5 + record.count(b"\n") + 1
    assert [(row["line"], row["unread"]) for row in found] == [(2, None), (5, rule), (last, None)]
    assert (found[0]["one:text"], found[2]["one:text"]) == ("two\nlines", '5" disk')


def test_an_unclosed_quotation_mark_is_refused_by_reference_to_all_that_it_swallowed(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    tail = b'c,"open,human,\nd,t,human,\n'
    path.write_bytes(HEADER + b"a,t,human,\n" + tail)
    chunk = next(iter(comma_separated.chunks(path, MAPPING, 1000)))
    assert chunk.raw.select("line", "unread").rows() == [(2, None), (3, "unclosed-quote")]
    assert chunk.original(1).sha256 == hashlib.sha256(tail[:-1]).hexdigest()
    assert json.loads(chunk.original(0).record or "") == {"row_id": "a", "text": "t", "origin": "human", "parents": ""}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no header"),
        (b"row_id,text,text,origin,parents\n", "names a column twice"),
        (b"row_id,text,origin\n", "has no column 'parents'"),
    ],
)
def test_a_csv_without_a_usable_header_is_one_error(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(BatchError, match=said):
        read_csv(tmp_path / "x.csv", content)


def test_a_reference_is_the_same_whether_the_bytes_were_held_or_not(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"short\n" + b"y" * 50 + b"\n")
    with opened(path) as stream:
        held = list(lines(stream, 100))[1]
    with opened(path) as stream:
        unheld = list(lines(stream, 10))[1]
    assert unheld.raw is None
    assert reference(path, held) == reference(path, unheld)
