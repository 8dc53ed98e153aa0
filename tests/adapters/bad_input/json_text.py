"""Lines that are no JSON object, or two objects in one, or one with fields of the wrong kind."""

from governance.provenance.rules import ProvenanceRules
from tests.adapters.bad_input.case import BEFORE, TEXT, Case, JsonTopic, as_line, json_lines, row

TOPIC = "JSON Lines"
_lines = JsonTopic(TOPIC)
_SMALL = ProvenanceRules(max_row_bytes=1000)

CASES: tuple[Case, ...] = (
    _lines.bad("a line cut in the middle", as_line(row("x"))[:20], "not-json"),
    _lines.bad("two objects on one line", as_line(row("x")) + as_line(row("y")), "not-json"),
    _lines.bad("two objects with a carriage return between them", as_line(row("x")) + b"\r" + as_line(row("y")), "not-json"),
    _lines.bad("a comma after the last field", b'{"row_id": "x", "text": "t", "origin": "human",}', "not-json"),
    _lines.bad("single quotation marks", b"{'row_id': 'x', 'text': 't', 'origin': 'human'}", "not-json"),
    _lines.bad("a comment", b"// rows of May", "not-json"),
    _lines.bad("a raw line break's other half, a tab, in a string", b'{"row_id": "x", "text": "a\tb", "origin": "human"}', "not-json"),
    _lines.bad("a raw NUL byte", b'{"row_id": "x\0", "text": "t", "origin": "human"}', "not-json"),
    _lines.bad("U+0000 as an escape in a text", b'{"row_id": "x", "text": "a\\u0000b", "origin": "human"}', "nul-character"),
    _lines.bad("an array", b'["x", "t", "human"]', "not-an-object"),
    _lines.bad("a bare string", b'"x"', "not-an-object"),
    _lines.bad("null", b"null", "not-an-object"),
    _lines.bad("an empty object", b"{}", "missing-id"),
    _lines.bad("NaN", b'{"row_id": "x", "text": "t", "origin": "human", "score": NaN}', "not-a-number"),
    _lines.bad("-Infinity", b'{"row_id": "x", "text": "t", "origin": "human", "score": -Infinity}', "not-a-number"),
    _lines.good(
        "a number beyond what a float holds, in a field that is not read",
        b'{"row_id": "x", "text": "t", "origin": "human", "score": 1e999}',
        text="t",
    ),
    _lines.bad("brackets 100,000 deep", b'{"row_id": "x", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not-json"),
    _lines.bad("objects 20,000 deep", b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "not-json"),
    _lines.good("10,000 fields", row("x", **{f"column_{n}": n for n in range(10_000)})),
    _lines.bad("a line far longer than any admitted text", row("x", text="t" * 80_000), "line-too-long", rules=_SMALL),
    _lines.bad("a text longer than policy admits", row("x", text="t" * 1001), "text-too-long", rules=_SMALL),
    _lines.bad("a number of 5,000 digits as an id", b'{"row_id": ' + b"9" * 5000 + b', "text": "t", "origin": "human"}', "not-json"),
    _lines.bad("the same key with two origins", b'{"row_id": "x", "text": "t", "origin": "human", "origin": "model"}', "duplicate-key"),
    _lines.bad("the same key with two texts", b'{"row_id": "x", "text": "t", "text": "u", "origin": "human"}', "duplicate-key"),
    _lines.bad("the same key as 1 and as 1.0", b'{"row_id": 1, "row_id": 1.0, "text": "t", "origin": "human"}', "duplicate-key"),
    _lines.bad("the same key as 1 and as true", b'{"row_id": true, "row_id": 1, "text": "t", "origin": "human"}', "duplicate-key"),
    _lines.bad(
        "the same key twice inside a field that is not read",
        b'{"row_id": "x", "text": "t", "origin": "human", "meta": {"by": 1, "by": 2}}',
        "duplicate-key",
    ),
    _lines.good(
        "the same key twice with one value",
        b'{"row_id": "x", "text": "t", "origin": "human", "origin": "human", "tags": {"a": 1, "b": 2}, "tags": {"b": 2, "a": 1}}',
        text="t",
    ),
    _lines.bad("Origin beside origin", row("x", Origin="model"), "duplicate-key"),
    _lines.bad("origin with a zero-width character beside origin", row("x", **{"ori\u200bgin": "model"}), "duplicate-key"),
    _lines.bad("full-width origin beside origin", row("x") | {"\uff4f\uff52\uff49\uff47\uff49\uff4e": "model"}, "duplicate-key"),
    _lines.bad("a text that is a list", row("x", text=["t"]), "wrong-type"),
    _lines.bad("a text that is an object", row("x", text={"en": "t"}), "wrong-type"),
    _lines.bad("a text that is null", row("x", text=None), "empty-text"),
    _lines.bad("a text of blanks and invisible characters", row("x", text=" \u200b\u3164\t"), "empty-text"),
    _lines.bad("an origin that is a boolean", row("x", origin=True), "wrong-type"),
    _lines.bad("an origin that is a list of two", row("x", origin=["human", "model"]), "wrong-type"),
    _lines.bad("parents in lists of lists", row("x", parent_ids=[["before"]]), "wrong-type"),
    _lines.good("one parent without a list", row("x", parent_ids=BEFORE)),
    _lines.good(
        "line breaks of every other kind inside a text", row("x", text="a\r\nb\x0b\x0c\x85\u2028c"), text="a\r\nb\x0b\x0c\x85\u2028c"
    ),
    _lines.good(
        "HTML and terminal colours in a text", row("x", text="<script>\x1b[31m"), text="<script>\x1b[31m", note="escaped where it is shown"
    ),
    _lines.bad("a reference of an earlier quarantine that nobody mended", b'{"_heirloom": {"offset": 3, "length": 9}}', "not-mended"),
    Case(
        topic=TOPIC,
        name="lines that end in CR LF and in LF, blank lines, no end to the last",
        files={"a.jsonl": as_line(row("x")) + b"\r\n\r\n  \n" + as_line(row("y")) + b"\n" + as_line(row("z"))},
        read=("x", "y", "z"),
        texts={"z": TEXT},
    ),
    Case(
        topic=TOPIC,
        name="lines that end in CR alone",
        files={"a.jsonl": as_line(row("x")) + b"\r" + as_line(row("y"))},
        quarantined={1: "not-json"},
        note="one line to the reader: nothing is read by halves",
    ),
    Case(topic=TOPIC, name="an empty file", files={"a.jsonl": b""}, refused="the batch holds no row"),
    Case(topic=TOPIC, name="a file of blank lines", files={"a.jsonl": b"\n \r\n\n"}, refused="the batch holds no row"),
    Case(
        topic=TOPIC,
        name="an empty file beside one with rows",
        files={"a.jsonl": json_lines(row("x")), "b.jsonl": b""},
        read=("x",),
        texts={"x": TEXT},
    ),
)
