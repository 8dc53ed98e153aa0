"""Tables of the wrong types, with values that are no values, cut short, or with a footer that lies."""

import datetime
import decimal
import pickle
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.adapters.bad_input.case import TEXT, Case

TOPIC = "Parquet"
FILE = "a.parquet"
_STRANGE = "Nowhere/City"


def columns(**more: Any) -> dict[str, Any]:
    return {"row_id": ["x", "y"], "text": [TEXT, TEXT], "origin": ["human", "human"], **more}


def written(change: Callable[[bytes], bytes] | None = None, /, **more: Any) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        pq.write_table(pa.table(columns(**more)), path)
        if change is not None:
            path.write_bytes(change(path.read_bytes()))

    return make


def bad_utf8(*values: bytes) -> pa.Array:
    """Strings that a careless writer made of any bytes."""
    return pa.Array.from_buffers(pa.string(), len(values), pa.array(list(values), type=pa.binary()).buffers())


def good(name: str, note: str = "", read: tuple[str, str] = ("x", "y"), **more: Any) -> Case:
    return Case(topic=TOPIC, name=name, files={FILE: written(**more)}, read=read, note=note)


def bad(name: str, rule: str, note: str = "", **more: Any) -> Case:
    return Case(topic=TOPIC, name=name, files={FILE: written(**more)}, read=("y",), quarantined={1: rule}, note=note)


def refused(name: str, said: str, change: Callable[[bytes], bytes] | None = None, /, **more: Any) -> Case:
    return Case(topic=TOPIC, name=name, files={FILE: written(change, **more)}, refused=said)


def _with_pickled_type(path: Path) -> None:
    metadata = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": pickle.dumps(datetime.date(2020, 1, 1))}
    table = pa.table(columns(extra=pa.array([b"1", b"2"])))
    schema = table.schema.set(3, pa.field("extra", pa.binary(), metadata=metadata))
    pq.write_table(table.cast(schema), path)


def _two_named_alike(path: Path) -> None:
    table = pa.table(columns())
    pq.write_table(table.append_column("origin", pa.array(["model", "model"])), path)


def _says_three_rows(before: bytes, after: bytes) -> Callable[[bytes], bytes]:
    """The footer counts rows in Thrift's zigzag: 2 are the byte 4, and are said to be 3 where it stands between these bytes."""
    honest, lying = before + b"\x16\x04" + after, before + b"\x16\x06" + after

    def change(content: bytes) -> bytes:
        assert content.count(honest) == 1
        return content.replace(honest, lying)

    return change


CASES: tuple[Case, ...] = (
    good("dictionaries", origin=pa.array(["human", "human"]).dictionary_encode()),
    good("large strings and string views", row_id=pa.array(["x", "y"], pa.large_string()), text=pa.array([TEXT, TEXT], pa.string_view())),
    good("whole numbers as ids", read=("9007199254740992", "9007199254740993"), row_id=pa.array([2**53, 2**53 + 1], pa.int64())),
    good("the largest whole numbers as ids", read=("18446744073709551615", "0"), row_id=pa.array([2**64 - 1, 0], pa.uint64())),
    good("numbers in a dictionary as ids", read=("7", "9"), row_id=pa.array([7, 9]).dictionary_encode()),
    good(
        "lists, large lists and dictionaries of parents",
        parent_ids=pa.array([["y"], None], pa.large_list(pa.dictionary(pa.int32(), pa.string()))),
    ),
    good("days and times as vintages", vintage=pa.array([datetime.datetime(2020, 1, 2, 23, tzinfo=datetime.UTC), None])),
    Case(
        topic=TOPIC,
        name="a column whose type says that it is a pickle",
        files={FILE: _with_pickled_type},
        read=("x", "y"),
        note="no type is loaded: its bytes are bytes",
    ),
    refused("floats as ids", "column 'row_id' is double", row_id=[1.0, 2.0]),
    refused("decimals as ids", "column 'row_id' is decimal128", row_id=[decimal.Decimal("1.0"), decimal.Decimal("2.0")]),
    refused("booleans as ids", "column 'row_id' is bool", row_id=[True, False]),
    refused("bytes as texts", "column 'text' is binary", text=[b"a", b"b"]),
    refused("lists as texts", "column 'text' is list", text=[["a"], ["b"]]),
    refused("structs as origins", "column 'origin' is struct", origin=[{"by": "human"}, {"by": "human"}]),
    refused(
        "lists of fixed size as parents",
        "column 'parent_ids' is fixed_size_list",
        parent_ids=pa.array([["y"], ["x"]], pa.list_(pa.string(), 1)),
    ),
    bad("null as an id", "missing-id", row_id=[None, "y"]),
    bad("null as a text", "empty-text", text=[None, TEXT]),
    bad("null as an origin", "missing-origin", origin=[None, "human"]),
    bad("a word as a vintage", "unreadable-vintage", vintage=["soon", None]),
    bad(
        "a text that is no UTF-8", "not-utf8", text=bad_utf8(b"\xff!", TEXT.encode()), note="kept with \\xNN for its bytes, beside the file"
    ),
    bad("a parent that is no UTF-8", "not-utf8", parent_ids=pa.ListArray.from_arrays(pa.array([0, 1, 1], pa.int32()), bad_utf8(b"\xff"))),
    bad("bytes that are no UTF-8 in a column that is not read", "not-utf8", extra=bad_utf8(b"\xff", b"ok")),
    bad("a day beyond the calendar", "unreadable-vintage", vintage=pa.array([10**7, 0], pa.int32()).cast(pa.date32())),
    bad("a time beyond the calendar", "unreadable-vintage", vintage=pa.array([2**62, 0], pa.timestamp("us"))),
    bad(
        "durations, UUIDs, decimals, NaN and far days beside a refused row",
        "missing-origin",
        origin=[None, "human"],
        a=[datetime.timedelta(1), None],
        b=pa.array([uuid.UUID(int=1).bytes, None], pa.uuid()),
        c=[decimal.Decimal("1.10"), None],
        d=[float("nan"), float("-inf")],
        e=pa.array([10**7, 0], pa.int32()).cast(pa.date32()),
        f=pa.array([1, 2], pa.timestamp("ns", tz=_STRANGE)),
        note="each is kept in the quarantine as JSON has it, or as the text that says it",
    ),
    refused(
        "a vintage in a zone that nobody knows",
        "cannot be read as Parquet: unable to parse time zone",
        vintage=pa.array([1, 2], pa.timestamp("us", tz=_STRANGE)),
    ),
    Case(topic=TOPIC, name="two columns named origin", files={FILE: _two_named_alike}, refused="names a column twice"),
    refused("Origin beside origin", "differ only in case", Origin=["model", "model"]),
    Case(
        topic=TOPIC,
        name="no column for the text",
        files={FILE: lambda path: pq.write_table(pa.table({"row_id": ["x"], "origin": ["human"]}), path)},
        refused="has no column 'text'",
    ),
    Case(
        topic=TOPIC,
        name="no column at all",
        files={FILE: lambda path: pq.write_table(pa.table({}), path)},
        refused="has no column 'origin'",
    ),
    Case(
        topic=TOPIC,
        name="columns and no row",
        files={FILE: lambda path: pq.write_table(pa.table(columns()).slice(0, 0), path)},
        refused="the batch holds no row",
    ),
    refused("an empty file", "is no Parquet", lambda _: b""),
    refused("cut short", "cannot be read as Parquet", lambda content: content[:300]),
    refused("four bytes and no more", "cannot be read as Parquet", lambda content: content[:4]),
    refused("without its first half", "is no Parquet", lambda content: content[len(content) // 2 :]),
    refused("a footer longer than the file", "cannot be read as Parquet", lambda content: content[:-8] + b"\xff\xff\xff\x7fPAR1"),
    refused("a footer of other bytes", "cannot be read as Parquet", lambda content: content[:-200] + b"\x99" * 192 + content[-8:]),
    refused("a footer that counts more rows than its groups", "its footer says 3", _says_three_rows(b"\x00\x00", b"\x19\x1c")),
    refused(
        "a footer and row groups that count more rows than the pages",
        "its footer says 3",
        lambda content: _says_three_rows(b"", b"\x26\x08")(_says_three_rows(b"\x00\x00", b"\x19\x1c")(content)),
    ),
    refused("pages of other bytes", "cannot be read as Parquet", lambda content: content[:4] + b"\x99" * 60 + content[64:]),
)
