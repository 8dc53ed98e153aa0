"""Column mappings that are typed: `text=body`, `vintage=created_at,first_published`, `origin=constant:unknown`, `origin.AI=model`."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.errors import UsageError
from governance.provenance.mapping import TARGETS, ColumnMapping

CONSTANT = "constant:"
NEEDED = ("text",)
"""All that a store must have to be looked at; rows without an id are named by their place, rows without an origin are of unknown origin."""


def mapping_asked(settings: Mapping[str, Any], asked: Sequence[str]) -> ColumnMapping:
    """The mapping of the settings with what was typed put over it.

    Raises: UsageError naming what is no mapping; PolicyError where the settings hold none.
    """
    document: dict[str, Any] = {name: value for name, value in settings.items() if name != "values"}
    values = {name: dict(table) for name, table in settings.get("values", {}).items()}
    for one in asked:
        left, sign, right = one.partition("=")
        field, dot, found = left.strip().partition(".")
        if not sign or not right.strip() or field not in TARGETS or (dot and not found):
            raise UsageError(
                f"{one!r} maps nothing",
                where="--map",
                expected=f"FIELD=COLUMN[,COLUMN], FIELD=constant:VALUE or FIELD.FOUND=VALUE; fields are {', '.join(TARGETS)}",
            )
        if dot:
            values.setdefault(field, {})[found] = right.strip()
        else:
            document[field] = _source(right.strip())
    return ColumnMapping.from_document({**document, "values": values} if values else document, NEEDED)


def _source(right: str) -> Any:
    if right.startswith(CONSTANT):
        return {"constant": right.removeprefix(CONSTANT)}
    columns = [column.strip() for column in right.split(",") if column.strip()]
    return columns if len(columns) > 1 else right.strip(", ")
