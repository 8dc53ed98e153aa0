"""The cards of a release: the same facts in the forms that other tools read. Views of the documents; they decide nothing."""

import json
from collections.abc import Mapping
from typing import Any

from governance.adapters.evidence.clauses import clause_table
from governance.adapters.evidence.croissant import croissant
from governance.adapters.evidence.ml_bom import ml_bom
from governance.adapters.evidence.model_card import model_card
from governance.adapters.evidence.open_lineage import open_lineage
from governance.adapters.evidence.story import Story

FOLDER = "cards"


def cards(story: Story) -> Mapping[str, bytes]:
    """Name in the bundle -> content."""
    rows = croissant(story)
    found = {
        "modelcard.md": model_card(story).encode(),
        "ml-bom.cdx.json": _json(ml_bom(story)),
        "openlineage.ndjson": b"".join(_line(event) for event in open_lineage(story)),
        "clauses.md": clause_table().encode(),
        **({"croissant.json": _json(rows)} if rows else {}),
    }
    return {f"{FOLDER}/{name}": content for name, content in found.items()}


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, indent=2, ensure_ascii=True).encode() + b"\n"


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
