"""A workspace with a cycle at hand whose batch went through the real door, and a steward who fills sheets."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from governance.actions.freeze import CycleRequest, batch_files, freeze
from governance.actions.label import standing
from governance.digest import write_document
from governance.ports.desk import SHARDS
from governance.provenance.laundering.doubt import DOUBTFUL_SCHEMA
from governance.provenance.memory import Past
from governance.provenance.rules import ProvenanceRules
from governance.release import kinds
from governance.wiring import Shop, open_shop

POLICY = """
[line]
model = "student"
environment = "{environment}"
[provenance]
unknown_generator_version = "refuse"
[promotion]
mode = "review"
"""
HUMAN = {"row_id": "h", "text": "People wrote this.", "origin": "human", "slice": "news"}
MACHINE = {"row_id": "m", "text": "A model wrote this.", "origin": "model", "generator": "g", "generator_version": "1"}
HYBRID = {"row_id": "y", "text": "A model wrote this, and I mended it.", "origin": "hybrid", "generator": "desk-assist"}
NOBODYS = {"row_id": "n", "text": "=cmd|' /C calc'!A0", "origin": "AI"}


class Office:
    def __init__(self, folder: Path, environment: str = "demo") -> None:
        folder.mkdir()
        (folder / "policy.toml").write_text(POLICY.replace("{environment}", environment))
        self.root, self.cycles = folder, 0
        self.shop().ledger.record(kinds.WORKSPACE_CREATED, {"model": "student", "environment": environment})

    def shop(self, actor: str = "steward-a") -> Shop:
        return open_shop(self.root, actor=actor)

    def cycle(self, *rows: Mapping[str, Any]) -> dict[str, Any]:
        """Freeze a cycle on a batch of rows and validate it; returns the audit."""
        shop, batch = self.shop(), self.root / "batch.jsonl"
        batch.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.cycles += 1
        state = shop.ledger.state()
        request = CycleRequest(
            number=self.cycles,
            kind="retraining",
            batch=batch,
            mapping={},
            policy=shop.policy,
            shards=dict.fromkeys(SHARDS, "a" * 64),
            start={},
            champion=None,
            baseline=None,
            teachers={},
            ledger_head={"seq": state.seq, "digest": state.head},
            relabels=standing(state, shop.labels, shop.seal),
        )
        freeze(shop.workspace, request)
        folder = shop.workspace.cycle
        past = Past(known=folder / "known.parquet", relabels=folder / "relabels.parquet")
        rules: ProvenanceRules = shop.policy.provenance
        files = batch_files(shop.workspace.batch)
        audit = shop.door.admit(files, {}, rules, folder / "admitted.parquet", folder / "quarantine.jsonl", past=past)
        write_document(folder / "audit.json", audit)
        return audit

    def doubt(self, *ids: str, signals: int = 3) -> None:
        """Doubtful rows as the audit of declared origins leaves them."""
        reasons = [{"signal": f"signal-{n}", "score": 0.9, "human_rows_per_thousand": 1.0 + n} for n in range(signals)]
        admitted = pl.read_parquet(self.root / "cycle" / "admitted.parquet").filter(pl.col("row_id").is_in(ids))
        doubtful = admitted.with_columns(reasons=pl.Series([reasons] * admitted.height, dtype=DOUBTFUL_SCHEMA["reasons"]))
        doubtful.select(DOUBTFUL_SCHEMA.names()).write_parquet(self.root / "cycle" / "doubtful.parquet")

    def fill(self, path: Path, answers: Mapping[str, Mapping[str, str]], *, added: Sequence[Mapping[str, str]] = ()) -> Path:
        """Row id -> cells that the steward writes; `added` are lines of their own."""
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = next(csv.reader(stream))
            lines = [dict(zip(header, cells, strict=True)) for cells in csv.reader(stream)]
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.DictWriter(stream, header, restval="")
            writer.writeheader()
            writer.writerows([{**line, **answers.get(line["row_id"].removeprefix("'"), {})} for line in lines])
            writer.writerows(added)
        return path
