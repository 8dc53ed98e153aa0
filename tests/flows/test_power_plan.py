"""`heirloom power` from what a workspace holds: policy, sizes of shards, scatter of the newest evidence; it writes nothing."""

import json
import math
from pathlib import Path
from statistics import NormalDist
from typing import Any

import polars as pl
import pytest

from cli.main import main
from flows.power import GRID, SIZES, power_plan
from governance.digest import write_document
from governance.ports.desk import SHARDS
from governance.release import kinds
from tests.flows.test_monitor import POLICY, shop_of
from tests.world import World

NORMAL = NormalDist()
DOCUMENTS, PROMPTS = 90, 70


def compared(se: float, noise: float, n: int) -> dict[str, Any]:
    return {"change": 0.01, "low": 0.0, "high": 0.02, "se": se, "noise": noise, "n": n}


def evidence(world: World, name: str, cycle: int, against: dict[str, Any]) -> None:
    """A registered cycle whose archive has a reading of tail perplexity."""
    version = world.add(name, cycle=cycle)
    entry = {"name": "tail_perplexity", "title": "Tail perplexity", "values": {"candidate": 1.0}, "against": against}
    document = {"schema": "heirloom/measures/1", "metrics": [entry]}
    archive = shop_of(world).workspace.archive(world.state().releases[version].cycle_digest)
    write_document(archive / "measures.json", document)


def pin_shards(world: World) -> None:
    """Two rows of each tail document, and prompts."""
    for name, frame in {
        "tail": pl.DataFrame(
            {"row_id": [f"r{n}" for n in range(2 * DOCUMENTS)], "source_id": [f"d{n // 2}" for n in range(2 * DOCUMENTS)]}
        ),
        "prompts": pl.DataFrame({"prompt_id": [f"p{n}" for n in range(PROMPTS)]}),
    }.items():
        path = world.root / SHARDS[name]
        path.parent.mkdir(exist_ok=True)
        frame.write_parquet(path)
    world.desk().ledger.record(kinds.SHARDS_PINNED, dict.fromkeys(("anchors", "tail", "human", "prompts"), "a" * 64))


def tail_of(plan: Any) -> dict[str, Any]:
    return {gate.against: gate for gate in plan.gates if gate.metric == "tail_perplexity"}


def test_a_workspace_with_nothing_is_planned_with_the_sizes_of_the_margins_and_says_that_all_is_assumed(tmp_path: Path) -> None:
    plan = power_plan(shop_of(World(tmp_path)))
    assert plan.cycle is None
    assert all(gate.assumed and gate.n == SIZES[gate.unit] for gate in plan.gates)
    assert tuple(plan.grid) == GRID
    assert sorted(plan.grid.values()) == list(plan.grid.values())


def test_documents_are_counted_by_source_and_prompts_by_name_as_the_shards_have_them(tmp_path: Path) -> None:
    world = World(tmp_path)
    pin_shards(world)
    plan = power_plan(shop_of(world))
    assert {(gate.unit, gate.n) for gate in plan.gates} == {("documents", DOCUMENTS), ("prompts", PROMPTS)}
    assert plan.joint == 0.0  # fewer than 100 documents never pass
    asked = power_plan(shop_of(world), documents=400, prompts=300)
    assert {(gate.unit, gate.n) for gate in asked.gates} == {("documents", 400), ("prompts", 300)}
    assert asked.joint > 0.3


def test_the_newest_cycle_that_was_compared_says_how_readings_scatter(tmp_path: Path) -> None:
    world = World(tmp_path)
    evidence(world, "one", 1, {"baseline": compared(0.02, 0.0, 400)})
    evidence(world, "two", 2, {"baseline": compared(0.005, 0.003, 100), "champion": compared(0.004, 0.003, 100)})
    evidence(world, "three", 3, {"baseline": {"change": None, "reason": "not measured"}})
    plan = power_plan(shop_of(world))
    tails = tail_of(plan)
    assert plan.cycle == 2
    assert tails.keys() == {"baseline", "champion"}
    assert (tails["baseline"].sd, tails["baseline"].noise) == (pytest.approx(math.sqrt(0.005**2 - 0.003**2) * 10), 0.003)
    assert not tails["baseline"].assumed
    assert all(gate.assumed for gate in plan.gates if gate.metric != "tail_perplexity")


def test_what_a_gate_needs_and_passes_is_the_closed_form(tmp_path: Path) -> None:
    world = World(tmp_path)
    evidence(world, "one", 1, {"baseline": compared(math.hypot(0.1 / 20, 0.004), 0.004, 400)})
    plan = power_plan(shop_of(world), change=0.02, power=0.9)
    gate = tail_of(plan)["baseline"]
    distance, z95 = math.log(1.05 / 1.02), NORMAL.inv_cdf(0.95)
    se = math.hypot(0.1 / 20, 0.004)
    assert gate.chance(0.02) == pytest.approx(NORMAL.cdf(distance / se - z95), abs=1e-9)
    needed = 0.01 / ((distance / (z95 + NORMAL.inv_cdf(0.9))) ** 2 - 0.004**2)
    assert gate.needed(0.02, 0.9) == max(math.ceil(needed), gate.minimum_units)
    at_five = 0.01 / ((math.log(1.05) / (z95 + NORMAL.inv_cdf(0.9))) ** 2 - 0.004**2)
    assert plan.margins[5.0]["documents"] >= math.ceil(at_five)
    assert list(plan.costs) == list(dict.fromkeys(gate.metric for gate in plan.gates))


def test_the_command_answers_from_a_workspace_and_records_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)
    assert main(["power", "--workspace", str(tmp_path), "--documents", "500", "--prompts", "375", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["cycle"], document["power"], len(document["gates"])) == (None, 0.8, 10)
    assert 0.5 < document["joint"] < 1
    assert [path.name for path in tmp_path.iterdir()] == ["policy.toml"]
    assert main(["power", "--workspace", str(tmp_path)]) == 0
    assert "assumed: no cycle was compared yet" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [("--power", "40"), ("--change", "101"), ("--documents", "0"), ("--prompts", "1000001")])
def test_what_cannot_be_planned_is_a_usage_error(tmp_path: Path, wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)
    assert main(["power", "--workspace", str(tmp_path), *wrong]) == 2
    assert wrong[0] in capsys.readouterr().err
