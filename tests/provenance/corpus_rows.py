"""Audited rows for tests, written as short as they can be."""

from typing import Any

import polars as pl

from governance.provenance.claims import claims, raw_schema
from governance.provenance.corpus.asked import mapping_asked
from governance.provenance.corpus.rows import audited, lenient
from governance.provenance.rules import ProvenanceRules

FIELDS = ("row_id", "text", "origin", "generator", "generator_version", "vintage", "source_tier", "slice")
MAPPING = mapping_asked({name: name for name in FIELDS}, ())


def claimed(*rows: dict[str, Any], name: str = "rows.jsonl") -> pl.DataFrame:
    """Rows as a file would claim them; a field that is left out is absent."""
    columns = [f"one:{field}" for field in MAPPING.scalar_columns]
    lines = [[place, None, None, *(row.get(c.removeprefix("one:")) for c in columns)] for place, row in enumerate(rows, 1)]
    schema = raw_schema(MAPPING)
    raw = pl.DataFrame(lines, schema={k: schema[k] for k in ("line", "unread", "unread_found", *columns)}, orient="row")
    return claims(raw, MAPPING, name)


def held(*rows: dict[str, Any], rules: ProvenanceRules | None = None) -> pl.DataFrame:
    """Audited rows with a token a word."""
    found, _ = audited(claimed(*rows), lenient(rules or ProvenanceRules()))
    kept = found.filter(pl.col("left_out").is_null())
    return kept.with_columns(pl.col("text").str.split(" ").list.len().cast(pl.Int64).alias("tokens"))


def human(row_id: str, text: str, **more: Any) -> dict[str, Any]:
    return {"row_id": row_id, "text": text, "origin": "human", **more}


def model(row_id: str, text: str, **more: Any) -> dict[str, Any]:
    return {"row_id": row_id, "text": text, "origin": "model", "generator": "gpt-4", **more}
