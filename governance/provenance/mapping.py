"""How the columns of foreign files become the row schema: the section [source.mapping] of heirloom.toml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from governance.errors import PolicyError
from governance.provenance.row import SUCCESS

WHERE = "source.mapping"
REQUIRED = ("row_id", "text", "origin")
TARGETS = (*REQUIRED, "generator", "generator_version", "parent_ids", "vintage", "source_tier", "slice", "task")
NAMED_ONLY = (SUCCESS,)
"""Fields that only an explicit mapping fills: a column that happens to be called so says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSource:
    """Where one field comes from: the first usable of some columns, or one constant for every row.

    `separator` splits a scalar column of parent ids ("a;b") into several.
    """

    columns: tuple[str, ...] = ()
    constant: str | None = None
    separator: str | None = None

    def __post_init__(self) -> None:
        if bool(self.columns) == (self.constant is not None):
            raise ValueError("names either columns or a constant")
        if self.separator is not None and (not self.separator or not self.columns):
            raise ValueError("a separator is some characters, and needs a column")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """Field of the row schema -> where it comes from, and field -> (value as found -> our value).

    A field that is not named is null in every row. `explicit` says that a person wrote the mapping, so that a column it names and a
    table lacks is a mistake; without one the schema's own names are taken, and only the required ones must be there.
    """

    fields: Mapping[str, FieldSource]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    explicit: bool = True
    required: tuple[str, ...] = REQUIRED
    """Fields that must be mapped: a batch needs all three, a store that is only looked at needs its text."""

    def __post_init__(self) -> None:
        if strange := sorted((set(self.fields) | set(self.values)) - {*TARGETS, *NAMED_ONLY}):
            raise ValueError(f"{strange[0]!r} is no field of a row; fields are {', '.join((*TARGETS, *NAMED_ONLY))}")
        if missing := [name for name in self.required if name not in self.fields]:
            raise ValueError(f"{missing[0]!r} is not mapped")

    @classmethod
    def from_document(cls, document: Mapping[str, Any], required: tuple[str, ...] = REQUIRED) -> "ColumnMapping":
        """The mapping that a settings file wrote; an empty one means that files carry the row schema's own names.

        `text = "body"` one column; `vintage = ["created_at", "first_published"]` the first usable one;
        `source_tier = { constant = "archive" }`; `parent_ids = { column = "parents", separator = ";" }`;
        `values.origin = { AI = "model" }`.

        Raises: PolicyError naming the dotted setting.
        """
        if not document:
            return cls(fields=MappingProxyType({name: FieldSource(columns=(name,)) for name in TARGETS}), explicit=False, required=required)
        fields = {name: _field(found, f"{WHERE}.{name}") for name, found in document.items() if name != "values"}
        try:
            return cls(fields=MappingProxyType(fields), values=_values(document.get("values", {})), required=required)
        except ValueError as error:
            raise PolicyError(str(error), where=WHERE) from error

    @property
    def scalar_columns(self) -> tuple[str, ...]:
        """Source columns that are read as one string a row, each once, in order of name."""
        return tuple(sorted({c for name, f in self.fields.items() if name != "parent_ids" for c in f.columns}))

    @property
    def loose_columns(self) -> frozenset[str]:
        """Source columns that may hold any number or truth value: those of the success of a text, where no other field needs them."""
        strict = {c for name, f in self.fields.items() if name not in NAMED_ONLY for c in f.columns}
        return frozenset({c for name in NAMED_ONLY if name in self.fields for c in self.fields[name].columns} - strict)

    @property
    def list_columns(self) -> tuple[str, ...]:
        """Source columns that are read as a list of strings a row: those of the parent ids."""
        return tuple(sorted(set(self.fields["parent_ids"].columns))) if "parent_ids" in self.fields else ()

    @property
    def columns_a_table_must_have(self) -> tuple[str, ...]:
        """Columns without which a table (Parquet, CSV) cannot be what the mapping describes."""
        return tuple(sorted({*self.scalar_columns, *self.list_columns})) if self.explicit else self.required


def _field(found: Any, where: str) -> FieldSource:
    if isinstance(found, str):
        return FieldSource(columns=(found,))
    if isinstance(found, list | tuple) and found and all(isinstance(name, str) for name in found):
        return FieldSource(columns=tuple(found))
    if isinstance(found, Mapping) and set(found) <= {"column", "constant", "separator"} and _all_text(found):
        columns = (found["column"],) if "column" in found else ()
        try:
            return FieldSource(columns=columns, constant=found.get("constant"), separator=found.get("separator"))
        except ValueError as error:
            raise PolicyError(str(error), where=where) from error
    raise PolicyError(f"{found!r} names no column", where=where, expected='"column", ["first", "second"] or { constant = "value" }')


def _values(found: Any) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(found, Mapping) or not all(isinstance(inner, Mapping) and _all_text(inner) for inner in found.values()):
        raise PolicyError(
            "is no table of tables of strings", where=f"{WHERE}.values", expected='[source.mapping.values.origin] AI = "model"'
        )
    return MappingProxyType({name: MappingProxyType(dict(inner)) for name, inner in found.items()})


def _all_text(found: Mapping[str, Any]) -> bool:
    return all(isinstance(value, str) for value in found.values())
