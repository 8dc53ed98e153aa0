"""Records that are ragged, quoted wrongly or not at all, and headers that say too little or too much."""

import gzip

from governance.provenance.rules import ProvenanceRules
from tests.adapters.bad_input.case import HEADER, TEXT, Case, CsvTopic

TOPIC = "CSV"
_csv = CsvTopic(TOPIC)
_WIDE = b",".join(b"column_%d" % n for n in range(10_000))
_ROW = b"x,People wrote this.,human"

CASES: tuple[Case, ...] = (
    _csv.bad("a field too few", b"x,People wrote this.", "field-count"),
    _csv.bad("a field too many", b"x,One comma, two fields,human", "field-count"),
    _csv.bad("a lone carriage return outside quotation marks", b"x,two\rlines,human", "not-csv"),
    _csv.bad("characters after a closing quotation mark", b'x,"quoted"not,human', "not-csv"),
    _csv.bad("quotation marks escaped by backslashes", b'x,"a \\"word\\" here",human', "not-csv"),
    _csv.bad("a NUL byte in a text", b"x,a\0b,human", "nul-character"),
    _csv.bad("a NUL byte in an id", b"x\0,t,human", "unprintable-name"),
    _csv.bad("a record of commas alone", b",,", "missing-id"),
    _csv.bad("an empty origin", b"x,People wrote this.,", "missing-origin"),
    _csv.bad("the header again in the middle", HEADER, "unrecognised-origin"),
    _csv.bad(
        "a record far longer than any admitted text",
        b'x,"' + b"t\n" * 40_000 + b'",human',
        "line-too-long",
        rules=ProvenanceRules(max_row_bytes=1000),
    ),
    _csv.good("a line break inside quotation marks", b'x,"two\nlines",human', text="two\nlines"),
    _csv.good("CR LF, commas and doubled marks inside quotation marks", b'x,"a\r\nb, ""c""",human', text='a\r\nb, "c"'),
    _csv.good("a quotation mark in the middle of a field", b'x,5" disk,human', text='5" disk'),
    _csv.good(
        "a cell that a spreadsheet would take for a formula",
        b"x,=HYPERLINK(A1),human",
        text="=HYPERLINK(A1)",
        note="text is data: nothing computes it",
    ),
    _csv.good("an id that a spreadsheet would take for a number", b"007,People wrote this.,human", row_id="007"),
    _csv.good("an id that a spreadsheet would take for a date", b"2-3,People wrote this.,human", row_id="2-3"),
    _csv.good("NULL, NA and nan as texts and ids", b"NA,NULL,human", row_id="NA", text="NULL", note="words are words"),
    _csv.whole("CR LF and LF mixed, blank lines between", HEADER + b"\r\n\r\n" + _ROW + b"\r\ny,t,human\n\nz,t,human", ("x", "y", "z")),
    _csv.whole("10,000 columns", HEADER + b"," + _WIDE + b"\n" + _ROW + b"," * 10_000 + b"\n", ("x",), texts={"x": TEXT}),
    Case(
        topic=TOPIC,
        name="a quotation mark that is never closed",
        files={"a.csv": HEADER + b"\n" + _ROW + b'\ny,"open,human\nz,t,human\n'},
        read=("x",),
        quarantined={3: "unclosed-quote"},
        note="kept by reference to all that it swallowed",
    ),
    Case(
        topic=TOPIC,
        name="a column that names itself twice",
        files={"a.csv": HEADER + b",origin\n" + _ROW + b",model\n"},
        refused="names a column twice",
    ),
    _csv.no_file("two columns named source, neither of them read", HEADER + b",source,source\n" + _ROW + b",a,b\n", "names a column twice"),
    _csv.no_file("Origin beside origin", HEADER + b",Origin\n" + _ROW + b",model\n", "differ only in case"),
    _csv.no_file("'origin ' beside origin", HEADER + b",origin \n" + _ROW + b",model\n", "differ only in case"),
    _csv.no_file("no column for the origin", b"row_id,text\nx,t\n", "has no column 'origin'"),
    _csv.no_file("semicolons between fields", b"row_id;text;origin\nx;t;human\n", "has no column 'origin'"),
    _csv.no_file("tabs between fields", b"row_id\ttext\torigin\nx\tt\thuman\n", "has no column 'origin'"),
    _csv.no_file("lines that end in CR alone", HEADER + b"\r" + _ROW + b"\r", "has a header that cannot be read"),
    _csv.no_file("a header in Latin-1", "row_id,text,origin,né\n".encode("latin-1"), "has a header that cannot be read"),
    _csv.no_file("an empty file", b"", "holds no header and no row"),
    _csv.no_file("a header and no row", HEADER + b"\n", "the batch holds no row"),
    Case(topic=TOPIC, name="an empty file, packed", files={"a.csv.gz": gzip.compress(b"")}, refused="holds no header and no row"),
)
