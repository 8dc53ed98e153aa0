"""Rows of quarantine.jsonl read back: what each says it is, where it stood in the batch, and which rule it broke."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.batch import json_lines, text
from governance.errors import IntegrityError
from governance.provenance.claims import claims, raw_schema
from governance.provenance.mapping import ColumnMapping

_PLACE_SCHEMA = pl.Schema({"at": pl.Int64(), "source_file": pl.String(), "line": pl.Int64(), "rule": pl.String(), "found": pl.String()})
_FIELD = f'"{json_lines.OURS}": '.encode()
_OWN_BYTES = 8_192
"""Room for our own field at the end of a line of the largest size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """`rows`: claims of rows with `rule` and `found`, in the order of the file; `by_rule` counts every line, read or not."""

    rows: pl.DataFrame
    by_rule: Mapping[str, int]


def by_rules(path: Path, mapping: Mapping[str, Any], max_row_bytes: int, rules: Collection[str], limit: int) -> Quarantined:
    """At most `limit` rows that were refused by one of some rules.

    Raises: IntegrityError where a line lacks what the door wrote at its end.
    """
    return _read(path, mapping, max_row_bytes, limit, rule=pl.col("rule").is_in(list(rules)), row=pl.lit(value=True))


def by_ids(path: Path, mapping: Mapping[str, Any], max_row_bytes: int, ids: Collection[str]) -> Quarantined:
    """The rows of some ids. Raises: as `by_rules`."""
    return _read(path, mapping, max_row_bytes, None, rule=pl.lit(value=True), row=pl.col("row_id").is_in(list(ids)))


def _read(path: Path, mapping: Mapping[str, Any], max_row_bytes: int, limit: int | None, *, rule: pl.Expr, row: pl.Expr) -> Quarantined:
    """One pass in bounded memory: texts are read of the wanted lines alone."""
    columns, longest = ColumnMapping.from_document(mapping), max_row_bytes + _OWN_BYTES
    counts: Counter[str] = Counter()
    found = [_placed(claims(pl.DataFrame(schema=raw_schema(columns)), columns, path.name), _PLACE_SCHEMA.to_frame())]
    with text.opened(path) as stream:
        lines = text.lines(stream, text.line_limit(longest))
        for chunk in json_lines.chunks(path, columns, longest):
            places = _places(lines, chunk.raw["line"][-1], path)
            counts.update(places["rule"].to_list())
            wanted = places.filter(rule)
            if wanted.height and (limit is None or sum(part.height for part in found) < limit):
                raw = chunk.raw.filter(pl.col("line").is_in(wanted["at"].implode()))
                found.append(_placed(claims(raw, columns, path.name), wanted).filter(row))
    rows = pl.concat(found)
    return Quarantined(rows=rows if limit is None else rows.head(limit), by_rule=dict(counts))


def _places(lines: Iterator[text.Line], last: int, path: Path) -> pl.DataFrame:
    """Where the rows up to a line of the quarantine stood in the batch, and why they were refused."""
    places = []
    for line in lines:
        ours = _ours(line, path)
        places.append((line.number, ours["file"], ours["line"], ours["rule"], ours["found"]))
        if line.number == last:
            break
    return pl.DataFrame(places, schema=_PLACE_SCHEMA, orient="row")


def _ours(line: text.Line, path: Path) -> dict[str, Any]:
    """What the door wrote at the end of a line: a quotation mark inside a record is escaped, so nothing in one looks like our field."""
    raw = line.raw or b""
    try:
        found: dict[str, Any] = json.loads(raw[raw.rindex(_FIELD) + len(_FIELD) :].rstrip().removesuffix(b"}"))
        return {name: found[name] for name in ("file", "line", "rule", "found")}
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError("says nothing of why it was refused", where=f"{path} line {line.number}", fix="start a new cycle") from error


def _placed(read: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """Claims with the place in the batch instead of that in the quarantine."""
    at = read.rename({"line": "at"}).drop("source_file")
    return at.join(wanted, on="at", how="inner", maintain_order="left").select(*read.columns, "rule", "found")
