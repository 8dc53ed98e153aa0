"""What the next cycle would be trained on and how far that is from each limit; nothing is recorded. Plain functions, no Prefect."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.begin import Begun, NothingToDo, begin
from governance.digest import read_document
from governance.mixing.headroom import Headroom, headroom
from governance.wiring import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The frozen cycle with the audit and the mix of its batch, and the room that the mix leaves."""

    begun: Begun
    audit: Mapping[str, Any]
    mix: Mapping[str, Any]
    room: Headroom


def plan_cycle(shop: Shop, batch: Path | None = None) -> Plan | NothingToDo:
    """Validate and mix the next batch. The ledger does not hear of it, and `heirloom retrain` goes on from what is made here.

    Raises: RefusedError where the policy makes no mix of this batch at all.
    """
    begun = begin(shop, batch, record=False)
    if isinstance(begun, NothingToDo):
        return begun
    for stage in ("validate", "mix"):
        shop.runner.run(stage)
    folder = shop.workspace.cycle
    audit, mix = (read_document(folder / name) for name in ("audit.json", "mix.json"))
    selected = pl.read_parquet(folder / "mix.parquet", columns=["slice", "task", "role", "tokens"])
    return Plan(begun=begun, audit=audit, mix=mix, room=headroom(mix, selected, dropped_rows(folder), shop.policy.mixing))


def dropped_rows(folder: Path) -> pl.DataFrame:
    """dropped.parquet of a cycle with the task of every row, which admitted.parquet knows."""
    tasks = pl.scan_parquet(folder / "admitted.parquet").select("row_id", "task")
    dropped = pl.scan_parquet(folder / "dropped.parquet").select("row_id", "slice", "rule", "tokens")
    return dropped.join(tasks, on="row_id", how="left").collect()
