"""All generations of a line: where they stand, what is left of the margin, and at which pace it goes."""

import json

import pytest
from line_of_releases import PINS, levels

from cli.commands.trend import generation_lines, overdrawn
from cli.main import main
from flows.generations import cycles_left, generations
from governance.actions.promote import promote
from governance.actions.rollback import rollback
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.wiring import Shop
from tests.world import MODEL, World, terms


@pytest.fixture
def world(tmp_path):
    found = World(root=tmp_path)
    (tmp_path / "policy.toml").write_text(f'[line]\nmodel = "{MODEL}"\n')
    found.desk().ledger.record(kinds.SHARDS_PINNED, PINS)
    return found


def line(world, *changes):
    """Releases promoted in turn, the first human-only, the others with synthetic text, at these changes against it."""
    for place, change in enumerate(changes):
        facts = {"synthetic_tokens": 10, "depth": 1} if place else {}
        promote(world.desk(), world.add(f"release {place}", levels=levels(world, change), **facts), terms())
    shop = Shop(workspace=Workspace(root=world.root), clock=world.clock, actor="reader")
    vars(shop).update(ledger=world.desk("reader").ledger, registry=world.registry, store=world.models)
    return generations(shop, world.state())


def test_every_generation_is_there_with_its_marks_and_the_margin_left(world):
    found = line(world, 0.0, -0.01, 0.02)
    assert [(one.version, one.baseline, one.best_ever, one.champion) for one in found] == [
        (1, True, False, False),
        (2, False, True, False),
        (3, False, False, True),
    ]
    assert [round(one.standings["tail_perplexity"].left, 6) for one in found] == [5.0, 5.5, 2.5]
    assert [round(one.standings["human_perplexity"].left, 6) for one in found] == [3.0, 3.5, 0.5]
    lines = generation_lines(found, 2.5)
    assert "itself" in lines[1]
    assert lines[2].endswith("best-ever")
    assert "+2.0 % \\[+1.5, +2.5]" in lines[3]


def test_the_pace_says_how_many_retrainings_the_margin_lasts(world):
    assert cycles_left(line(world, 0.0, 0.01, 0.02), "tail_perplexity") == pytest.approx(2.5)


def test_where_nothing_is_lost_there_is_no_pace(world):
    assert cycles_left(line(world, 0.0, -0.01), "tail_perplexity") is None


def test_a_champion_at_the_margin_is_overdrawn_and_a_release_that_was_left_is_marked(world):
    assert overdrawn(line(world, 0.0, 0.01, 0.026))
    rollback(world.desk(), "previous", "night")
    shop = Shop(workspace=Workspace(root=world.root), clock=world.clock, actor="reader")
    vars(shop).update(ledger=world.desk("reader").ledger, registry=world.registry, store=world.models)
    after = generations(shop, world.state())
    assert [one.quarantined for one in after] == [False, False, True]
    assert not overdrawn(after)


def test_a_workspace_without_a_cycle_says_so(tmp_path, capsys):
    assert main(["init", str(tmp_path / "shop"), "--json"]) == 0
    capsys.readouterr()
    assert main(["trend", "--workspace", str(tmp_path / "shop"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["generations"] == []
