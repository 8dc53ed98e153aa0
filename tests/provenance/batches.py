"""Batches through the real door, one after the other, each held against the memory of those before it and what people said of rows."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.batch.door import FileBatchDoor
from governance.digest import digest_text
from governance.provenance.labels.label import LABEL_SCHEMA, Said, in_force
from governance.provenance.memory import Past, nothing_known, remembered
from governance.provenance.passed import KnownModel
from governance.provenance.rules import ProvenanceRules

HUMAN = {"row_id": "h", "text": "People wrote this.", "origin": "human"}
DRAFT = {"row_id": "m", "text": "A model wrote this.", "origin": "model", "generator": "g"}


class Shop:
    """Batches through the real door, one after the other, each held against the memory of those before it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.memory = nothing_known()
        self.cycle = 0

    def admit(
        self, *rows: Mapping[str, Any], rules: ProvenanceRules | None = None, models: Sequence[KnownModel] = (), said: Sequence[Said] = ()
    ) -> dict[str, Any]:
        self.cycle += 1
        in_force(said).write_parquet(self.folder / "relabels.parquet")
        batch, known, admitted, descent = (self.folder / name for name in ("a.jsonl", "known.parquet", "admitted.parquet", "d.parquet"))
        batch.write_text("\n".join(json.dumps(row) for row in rows))
        self.memory.write_parquet(known)
        chosen = rules or ProvenanceRules()
        past = Past(known=known, models=tuple(models), relabels=self.folder / "relabels.parquet")
        door = FileBatchDoor(expect=lambda audit, outline: [])
        audit = door.admit([batch], {}, chosen, admitted, self.folder / "q.jsonl", past=past, descent=descent)
        passed = pl.read_parquet(descent)
        self.memory = remembered(self.memory, pl.read_parquet(admitted), passed, cycle=self.cycle, limit=chosen.memory_rows)
        return audit

    def refusals(self) -> dict[str, tuple[str, str]]:
        said = [json.loads(line) for line in (self.folder / "q.jsonl").read_text().splitlines()]
        return {row["row_id"]: (row["_heirloom"]["rule"], row["_heirloom"]["found"]) for row in said}


def label(row: Mapping[str, Any], now: str, *, after: int = 0, queued: bool = True, then: str | None = "", **words: str) -> dict[str, Any]:
    """A line of LABEL_SCHEMA about a row as its source says it; `words` are generator and generator_version."""
    return {
        "row_id": row["row_id"],
        "sha256": digest_text(row["text"]),
        "origin_then": row["origin"] if then == "" else then,
        "generator_then": row.get("generator"),
        "version_then": row.get("generator_version"),
        "origin_now": now,
        "generator": words.get("generator"),
        "generator_version": words.get("generator_version"),
        "after": after,
        "queued": queued,
        "note": None,
    }


def labels(*lines: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(lines), schema=LABEL_SCHEMA)


def said(seq: int, *lines: Mapping[str, Any], by: str = "steward-a") -> Said:
    return Said(labels=labels(*lines), by=by, seq=seq, at="2026-11-20T03:07:00+00:00")
