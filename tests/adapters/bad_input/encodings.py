"""Bytes that are no UTF-8, characters that are half a character, marks at the start of files."""

import codecs

from tests.adapters.bad_input.case import HEADER, TEXT, Case, CsvTopic, JsonTopic, as_line, json_lines, row

TOPIC = "Encodings"
_lines, _csv = JsonTopic(TOPIC), CsvTopic(TOPIC)
_CAFE = row("x", text="café “au lait”")


def _files(name: str, file: str, content: bytes, refused: str) -> Case:
    return Case(topic=TOPIC, name=name, files={file: content}, refused=refused)


CASES: tuple[Case, ...] = (
    _lines.bad("a line in Latin-1", as_line(row("x", text="café")).decode().encode("latin-1"), "not-utf8"),
    _lines.bad("a line in Windows-1252", as_line(_CAFE).decode().encode("cp1252"), "not-utf8"),
    _lines.bad("a line in Shift JIS", as_line(row("x", text="蔵書")).decode().encode("shift_jis"), "not-utf8"),
    _lines.bad("a line in UTF-16 among lines in UTF-8", as_line(row("x")).decode().encode("utf-16-le"), "not-json"),
    _lines.bad("an overlong encoding of a slash", b'{"row_id": "x", "origin": "human", "text": "a\xc0\xafb"}', "not-utf8"),
    _lines.bad("a lone surrogate as raw bytes", b'{"row_id": "x", "origin": "human", "text": "\xed\xa0\xbd"}', "not-utf8"),
    _lines.bad("a character cut in two", b'{"row_id": "x", "origin": "human", "text": "n\xc3"}', "not-utf8"),
    _lines.bad("a lone surrogate as an escape", b'{"row_id": "x", "origin": "human", "text": "\\ud83d"}', "lone-surrogate"),
    _lines.bad("two surrogates in the wrong order", b'{"row_id": "x", "origin": "human", "text": "\\ude00\\ud83d"}', "lone-surrogate"),
    _lines.bad("a lone surrogate in an id", b'{"row_id": "x\\ud83d", "origin": "human", "text": "t"}', "lone-surrogate"),
    _lines.good("a pair of surrogates as escapes", b'{"row_id": "x", "origin": "human", "text": "\\ud83d\\ude00"}', text="\U0001f600"),
    _lines.good(
        "a lone surrogate in a field that is not read",
        b'{"row_id": "x", "origin": "human", "text": "t", "note": "\\ud83d"}',
        text="t",
        note="the field does not enter",
    ),
    _lines.bad("a byte order mark in the middle of a file", codecs.BOM_UTF8 + as_line(row("x")), "not-json"),
    _lines.good("a replacement character", row("x", text="caf\ufffd"), text="caf\ufffd", note="what was lost before is not ours to guess"),
    _lines.good("mojibake", row("x", text="cafÃ©"), text="cafÃ©", note="valid UTF-8: nothing is repaired by guessing"),
    _lines.good("characters that Unicode assigns to nobody", row("x", text="a\ufffe\U0010ffff"), text="a\ufffe\U0010ffff"),
    _lines.good(
        "combining characters and emoji sequences",
        row("x", text="e\u0301 \U0001f468\u200d\U0001f469"),
        text="e\u0301 \U0001f468\u200d\U0001f469",
    ),
    _csv.bad("a CSV record in Latin-1", "x,café,human".encode("latin-1"), "not-utf8"),
    Case(
        topic=TOPIC,
        name="a UTF-8 byte order mark at the start",
        files={"a.jsonl": codecs.BOM_UTF8 + json_lines(row("x")), "b.csv": codecs.BOM_UTF8 + HEADER + b"\ny,People wrote this.,human\n"},
        read=("x", "y"),
        texts={"x": TEXT, "y": TEXT},
    ),
    _files("JSON Lines in UTF-16", "a.jsonl", json_lines(row("x")).decode().encode("utf-16"), "is UTF-16 or UTF-32"),
    _files("CSV in UTF-16", "a.csv", (HEADER + b"\nx,t,human\n").decode().encode("utf-16"), "is UTF-16 or UTF-32"),
    _files("JSON Lines in UTF-32", "a.jsonl", json_lines(row("x")).decode().encode("utf-32"), "is UTF-16 or UTF-32"),
    _files(
        "JSON Lines in UTF-32, big end first",
        "a.jsonl",
        codecs.BOM_UTF32_BE + json_lines(row("x")).decode().encode("utf-32-be"),
        "is UTF-32",
    ),
    _files("CSV in UTF-16 without a mark", "a.csv", (HEADER + b"\nx,t,human\n").decode().encode("utf-16-le"), "has no column 'origin'"),
    Case(
        topic=TOPIC,
        name="JSON Lines in UTF-16 without a mark",
        files={"a.jsonl": json_lines(row("x"), row("y")).decode().encode("utf-16-le")},
        quarantined={1: "not-json", 2: "not-json", 3: "not-json"},
    ),
    _files("a header behind two byte order marks", "a.csv", codecs.BOM_UTF8 * 2 + HEADER + b"\nx,t,human\n", "has no column 'row_id'"),
)
