"""A row of Arrow as a JSON object: every value as JSON has it, or as the text that says it; none is left out and none breaks the line."""

import base64
import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def record(batch: "pa.RecordBatch", place: int) -> str:
    """Row `place` of a batch, on one line."""
    row = {name: plain(batch.column(at)[place]) for at, name in enumerate(batch.schema.names)}
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def plain(value: "pa.Scalar", errors: str = "backslashreplace") -> Any:
    r"""Bytes become base64, a float that is no number its name, a time its ISO form; bytes that are no UTF-8 are shown as \xNN.

    Raises: UnicodeDecodeError for bytes that are no UTF-8 where `errors` is "strict".
    """
    import pyarrow as pa

    if not value.is_valid:
        return None
    if isinstance(value, pa.ExtensionScalar | pa.DictionaryScalar):
        return plain(value.value, errors)
    if isinstance(value, pa.StructScalar):
        return {field.name: plain(value[at], errors) for at, field in enumerate(value.type)}
    if isinstance(value, pa.ListScalar):
        return [plain(one, errors) for one in value.values]
    return _single(value, errors)


def _single(value: "pa.Scalar", errors: str) -> Any:
    import pyarrow as pa

    t = pa.types
    if t.is_string(value.type) or t.is_large_string(value.type) or t.is_string_view(value.type):
        return value.as_buffer().to_pybytes().decode("utf-8", errors=errors)
    if t.is_boolean(value.type) or t.is_integer(value.type):
        return value.as_py()
    if t.is_floating(value.type):
        return value.as_py() if math.isfinite(value.as_py()) else str(value.as_py())
    return _written(value)


def _written(value: "pa.Scalar") -> str:
    """Values that JSON has no form for."""
    import pyarrow as pa

    if pa.types.is_temporal(value.type):
        return _time(value)
    found = value.as_py()
    return base64.b64encode(found).decode("ascii") if isinstance(found, bytes) else str(found)


def _time(value: "pa.Scalar") -> str:
    """A day or a time in ISO form; one beyond the calendar, or in a zone that nobody knows, as its number and type."""
    try:
        found = value.as_py()
    except (OverflowError, ValueError, LookupError):
        return f"{value.value} {value.type}"
    return found.isoformat() if hasattr(found, "isoformat") else str(found)
