"""The rules that a row breaks before it is a row: its bytes cannot be read as one. Readers name them, and they win over all others."""

from collections.abc import Mapping
from types import MappingProxyType

NOT_UTF8, NOT_JSON, NOT_AN_OBJECT, DUPLICATE_KEY = "not-utf8", "not-json", "not-an-object", "duplicate-key"
NOT_A_NUMBER, LONE_SURROGATE, WRONG_TYPE = "not-a-number", "lone-surrogate", "wrong-type"
NOT_CSV, FIELD_COUNT, UNCLOSED_QUOTE = "not-csv", "field-count", "unclosed-quote"
LINE_TOO_LONG, NOT_MENDED, NOT_HTML = "line-too-long", "not-mended", "not-html"
NOT_OPENED = "not-opened"

UNREAD_FIXES: Mapping[str, str] = MappingProxyType(
    {
        NOT_UTF8: "save the row as UTF-8",
        NOT_JSON: "write one whole JSON object on the line",
        NOT_AN_OBJECT: "write a JSON object with named fields",
        DUPLICATE_KEY: "keep one of the two values",
        NOT_A_NUMBER: "JSON has no NaN and no Infinity: write null, or leave the field out",
        LONE_SURROGATE: "replace the half character: it is no Unicode text",
        WRONG_TYPE: "write the field as a string (parents: a string or a list of strings)",
        NOT_CSV: "put a field with line breaks into quotation marks",
        FIELD_COUNT: "give the row as many fields as the header names",
        UNCLOSED_QUOTE: "close the quotation mark that opens on this line",
        LINE_TOO_LONG: "cut the row into several, or raise provenance.max_row_bytes",
        NOT_OPENED: "let the file be read by who audits it",
        NOT_HTML: "mend the markup: a declaration in it cannot be read",
        NOT_MENDED: "put the mended record on this line: it only refers to bytes of an earlier batch",
    }
)
"""Rule -> how to mend the row."""
