"""What the gates of this workspace can see: its policy, and the scatter of its newest evidence. Reads, and writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from flows.finish import archive_of
from governance.digest import read_document
from governance.gates.alarms import comparison_or_none
from governance.gates.decision import shipped_gates
from governance.gates.power import DOCUMENTS, PROMPTS, PlannedGate, cost_of, joint_chance, planned_gates, resized
from governance.ports.desk import SHARDS
from governance.release.state import State
from governance.wiring import Shop

SIZES: Mapping[str, int] = {DOCUMENTS: 500, PROMPTS: 375}
"""What the starting margins were sized for, where a workspace has no shards yet (SCIENCE section 2)."""
GRID = (100, 200, 300, 500, 1000, 2000)
MARGINS = (1.0, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPlan:
    """What a candidate of a given truth has to expect. `cycle` is the one whose evidence says how readings scatter; None = assumed."""

    gates: tuple[PlannedGate, ...]
    change: float
    power: float
    cycle: int | None
    joint: float
    costs: Mapping[str, float]
    """Metric -> joint power that its gates cost."""
    grid: Mapping[int, float]
    """Documents and prompts, as many of each -> joint power."""
    margins: Mapping[float, Mapping[str, int | None]]
    """Margin in percent -> unit -> how many would pass a candidate without a loss with the wanted power."""


def power_plan(
    shop: Shop, *, change: float = 0.0, power: float = 0.8, documents: int | None = None, prompts: int | None = None
) -> PowerPlan:
    """The plan for candidates that moved by this relative change in every perplexity, and not at all in what they write."""
    state = shop.ledger.state()
    cycle, metrics = _evidence(shop, state)
    rules = shop.policy.gates
    gates = planned_gates(shipped_gates(), rules, metrics, _sizes(shop, state), shop.policy.probe.retrain_noise_percent / 100)
    gates = resized(gates, {unit: n for unit, n in ((DOCUMENTS, documents), (PROMPTS, prompts)) if n is not None})
    truth = {gate.metric: change for gate in gates if gate.unit == DOCUMENTS}
    return PowerPlan(
        gates=gates,
        change=change,
        power=power,
        cycle=cycle,
        joint=joint_chance(gates, truth),
        costs={name: cost_of(gates, name, truth) for name in dict.fromkeys(gate.metric for gate in gates)},
        grid={n: joint_chance(resized(gates, {DOCUMENTS: n, PROMPTS: n}), truth) for n in GRID},
        margins={margin: _needed(gates, margin / 100, power) for margin in MARGINS},
    )


def _needed(gates: tuple[PlannedGate, ...], margin: float, power: float) -> dict[str, int | None]:
    """Units of each kind at which the widest scattering gate of that kind would pass an equal candidate inside this margin."""
    found: dict[str, int | None] = {}
    for unit in (DOCUMENTS, PROMPTS):
        of_unit = [replace(gate, limit=margin).needed(0.0, power) for gate in gates if gate.unit == unit]
        known = [n for n in of_unit if n is not None]
        found[unit] = max(known) if known and len(known) == len(of_unit) else None
    return found


def _evidence(shop: Shop, state: State) -> tuple[int | None, Mapping[str, Mapping[str, Any]]]:
    """Number and metrics of the newest registered cycle that was compared with something."""
    for release in sorted(state.releases.values(), key=lambda release: -release.cycle):
        document = archive_of(shop, release.cycle_digest) / "measures.json"
        if document.is_file():
            metrics = {str(entry["name"]): entry for entry in read_document(document)["metrics"]}
            if any(comparison_or_none(found) for entry in metrics.values() for found in entry["against"].values()):
                return release.cycle, metrics
    return None, {}


def _sizes(shop: Shop, state: State) -> Mapping[str, int]:
    if not state.shards:
        return SIZES
    places = {DOCUMENTS: shop.workspace.root / SHARDS["tail"], PROMPTS: shop.workspace.root / SHARDS["prompts"]}
    return {unit: _units(path) for unit, path in places.items() if path.is_file()}


def _units(path: Path) -> int:
    """Source documents of a shard of rows, or prompts."""
    columns = pl.read_parquet_schema(path)
    name = next(name for name in ("source_id", "prompt_id", "row_id") if name in columns)
    return int(pl.scan_parquet(path).select(pl.col(name).n_unique()).collect().item())
