"""What the next cycle would be trained on and how far that is from each limit; nothing is recorded. Plain functions, no Prefect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.begin import Begun, NothingToDo, begin
from governance.digest import read_document
from governance.mixing.headroom import Headroom, headroom
from governance.mixing.rules import MixRules
from governance.mixing.strictness import Override, stricter
from governance.stages.mix import planned
from governance.wiring import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The frozen cycle with the audit and the mix of its batch, and the room that the mix leaves."""

    begun: Begun
    audit: Mapping[str, Any]
    laundering: Mapping[str, Any]
    mix: Mapping[str, Any]
    room: Headroom
    labels_left_out: Sequence[Mapping[str, Any]] = ()
    """People's labels that count for nothing here (`seq`, `by`, `rows`, `reason`), as cycle.json says."""
    overrides: tuple[Override, ...] = ()
    """Settings that this plan takes stricter than the policy; such a plan never becomes a cycle."""


def plan_cycle(shop: Shop, batch: Path | None = None, wanted: Sequence[str] = ()) -> Plan | NothingToDo:
    """Validate and mix the next batch. The ledger does not hear of it, and `heirloom retrain` goes on from what is made here.

    `wanted` are settings `mixing.NAME=VALUE` that are stricter than the policy: the batch is then mixed once more under them, for the
    answer alone, and the files of the cycle stay the policy's.

    Raises: RefusedError where the policy makes no mix of this batch at all, or where a wanted setting is looser than the policy's.
    """
    rules, overrides = stricter(shop.policy.mixing, wanted)
    begun = begin(shop, batch, record=False)
    if isinstance(begun, NothingToDo):
        return begun
    for stage in ("validate", "mix"):
        shop.runner.run(stage)
    folder = shop.workspace.cycle
    if overrides:
        return _what_if(shop, begun, rules, overrides)
    audit, laundering, mix = (read_document(folder / name) for name in ("audit.json", "laundering.json", "mix.json"))
    selected = pl.read_parquet(folder / "mix.parquet", columns=["slice", "task", "role", "tokens"])
    room = headroom(mix, selected, dropped_rows(folder), shop.policy.mixing)
    return Plan(begun=begun, audit=audit, laundering=laundering, mix=mix, room=room, labels_left_out=_left_out(folder))


def _what_if(shop: Shop, begun: Begun, rules: MixRules, overrides: tuple[Override, ...]) -> Plan:
    found = planned(shop.desk("mix"), rules)
    dropped = _with_tasks(found.dropped.lazy(), shop.workspace.cycle)
    room = headroom(found.document, found.selected, dropped, rules)
    audit, laundering = (read_document(shop.workspace.cycle / name) for name in ("audit.json", "laundering.json"))
    said = _left_out(shop.workspace.cycle)
    return Plan(begun=begun, audit=audit, laundering=laundering, mix=found.document, room=room, labels_left_out=said, overrides=overrides)


def _left_out(folder: Path) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = read_document(folder / "cycle.json")["relabels"]["left_out"]
    return found


def dropped_rows(folder: Path) -> pl.DataFrame:
    """dropped.parquet of a cycle with the task of every row, which admitted.parquet knows."""
    return _with_tasks(pl.scan_parquet(folder / "dropped.parquet"), folder)


def _with_tasks(dropped: pl.LazyFrame, folder: Path) -> pl.DataFrame:
    tasks = pl.scan_parquet(folder / "admitted.parquet").select("row_id", "task")
    return dropped.select("row_id", "slice", "rule", "tokens").join(tasks, on="row_id", how="left").collect()
