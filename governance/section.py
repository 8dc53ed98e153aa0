"""One section of policy.toml or heirloom.toml -> one frozen value, strictly: a misspelt key is an error, never a default."""

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from governance.errors import PolicyError

T = TypeVar("T")

LARGEST_INT = 2**53 - 1
"""RFC 8785 numbers: beyond it canonical JSON, and so a digest, does not exist."""


def part_of(document: Any, key: str) -> Any:
    """The part of a document that a dotted key names, such as `policy.mixing`. Raises: KeyError where it says nothing of it."""
    found = document
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise KeyError(key)
        found = found[part]
    return found


def read_section(kind: type[T], section: Mapping[str, Any], where: str) -> T:
    """Build a frozen dataclass from a mapping of its field names.

    Fields may be str, int, float, bool, `X | None`, tuples of one kind, `Mapping[str, X]`, or another such dataclass. An int is taken for
    a float, nothing else is converted. Checks of values belong in `__post_init__`, which raises ValueError with a phrase such as
    "synthetic_cap_percent: 140 is not a percentage in 1..50"; the place is added here.

    Raises: PolicyError naming the dotted path: unknown key, missing key, wrong type, impossible value.
    """
    if not isinstance(section, Mapping):
        raise PolicyError(f"{section!r} is not a table", where=where)
    hints = typing.get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(section) - set(fields)):
        raise PolicyError(f"unknown setting {unknown[0]!r}", where=where, expected=", ".join(fields))
    values = {name: _read(hints[name], section[name], f"{where}.{name}") for name in fields if name in section}
    missing = [name for name, field in fields.items() if name not in values and _required(field)]
    if missing:
        raise PolicyError(f"{missing[0]!r} is not set", where=where)
    try:
        return kind(**values)
    except ValueError as error:
        raise PolicyError(str(error), where=where) from error


def section_document(value: object) -> Any:
    """The inverse of `read_section`, ready for canonical JSON: absent optional values are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {name: section_document(inner) for name, inner in pairs.items() if inner is not None}
    if isinstance(value, Mapping):
        return {key: section_document(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [section_document(inner) for inner in value]
    return value


def _required(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _read(hint: Any, value: Any, where: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _read(next(i for i in inner if i is not types.NoneType), value, where)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_read(inner[0], item, f"{where}[{place}]") for place, item in enumerate(value))
    if origin is not None and origin is not tuple and issubclass(origin, Mapping) and isinstance(value, Mapping):
        return types.MappingProxyType({key: _read(inner[1], item, f"{where}.{key}") for key, item in value.items()})
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return read_section(hint, value, where)
    return _read_plain(hint, value, where)


def _read_plain(hint: Any, value: Any, where: str) -> Any:
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return _with_a_canonical_form(value, where)
    wanted = getattr(hint, "__name__", str(hint))
    raise PolicyError(f"{value!r} is a {type(value).__name__}", where=where, expected=f"a {wanted}")


def _with_a_canonical_form(value: Any, where: str) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise PolicyError(f"{value!r} is no number", where=where, expected="a finite number")
    if isinstance(value, int) and abs(value) > LARGEST_INT:
        raise PolicyError(f"{value} is too large", where=where, expected=f"a whole number in -{LARGEST_INT}..{LARGEST_INT}")
    return value
