"""A recall reaches the next cycle: what it bars, what it may not start from, and what is written down of a candidate's kin."""

from dataclasses import replace
from pathlib import Path

import pytest

from flows.recall import kinship_of, recalled_of, refuse_start
from governance.actions.promote import promote
from governance.actions.rollback import rollback
from governance.errors import RefusedError
from governance.ports.workspace import Workspace
from governance.release.kinship import Kinship
from governance.wiring import Shop
from tests.world import MODEL, World, terms

POLICY = f"""
[line]
model = "{MODEL}"
[provenance.aliases]
"Our Bot" = "{MODEL}"
bot-2 = "{MODEL}"
[provenance.alias_versions]
bot-2 = "2"
"""


class Line:
    """A world of releases 1, 2 and 3, each started from the one before, and a shop over its ledger."""

    def __init__(self, root: Path) -> None:
        self.world, self.root = World(root=root), root
        (root / "policy.toml").write_text(POLICY)
        for name, start in (("one", None), ("two", 1), ("three", 2)):
            kin = Kinship(start=start, authors=(), recalled=())
            promote(self.world.desk(), self.world.add(name, kinship=kin), terms())

    def shop(self) -> Shop:
        shop = Shop(workspace=Workspace(root=self.root), clock=self.world.clock, actor="engineer-a")
        vars(shop).update(ledger=self.world.desk().ledger)
        return shop

    def recall_two(self) -> None:
        """2 serves again, is left for 1, and 3, which was left before, descends from it."""
        rollback(self.world.desk(), "2")
        rollback(self.world.desk(), "1")


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_a_rollback_makes_the_next_cycle_bar_the_release_under_every_name(line: Line) -> None:
    assert recalled_of(line.shop(), line.world.state()) == ()
    rollback(line.world.desk(), "previous")
    [gone] = recalled_of(line.shop(), line.world.state())
    release = line.world.state().releases[3]
    assert (gone.version, gone.digest, gone.seq) == (3, release.checkpoint, line.world.ledger.kept[-1].seq)
    assert gone.wrote(MODEL, "3")
    assert gone.wrote("Our Bot", "3")
    assert not gone.wrote("bot-2", None)
    line.recall_two()
    assert [one.version for one in recalled_of(line.shop(), line.world.state()) if one.wrote("bot-2", None)] == [2]


def test_no_cycle_starts_from_weights_that_descend_from_a_recalled_release(line: Line) -> None:
    refuse_start(line.world.state(), 3)
    rollback(line.world.desk(), "2")
    refuse_start(line.world.state(), 2)
    four = line.world.add("four", kinship=Kinship(start=3, authors=(), recalled=(3,)))
    with pytest.raises(RefusedError, match="release 4 descends from release 3"):
        refuse_start(line.world.state(), four)


def test_the_kin_of_a_candidate_are_its_start_and_who_of_the_line_wrote_its_rows(line: Line) -> None:
    cycle = {"start": {"version": 2}, "recalled": [{"version": 3}]}
    digest = line.world.state().releases[1].checkpoint
    authors = {f"{MODEL}/3": 50, f"any/{digest[:12]}": 5, "docs-teacher/2": 9, "bot-2/unknown": 1}
    assert kinship_of(line.shop(), cycle, {"authors": authors}) == Kinship(start=2, authors=(1, 2, 3), recalled=(3,))
    assert kinship_of(line.shop(), cycle, {"authors": {"docs-teacher/2": 9}}).authors == ()
    assert kinship_of(line.shop(), cycle, {"authors": {f"{MODEL}/unknown": 1}}).authors == (1, 2, 3)


def test_a_candidate_that_waits_through_a_recall_is_refused_and_its_successor_is_not(line: Line) -> None:
    rollback(line.world.desk(), "2")
    promote(line.world.desk(), line.world.add("four", kinship=Kinship(start=2, authors=(), recalled=(3,))), terms())
    waiting = line.world.add("five", kinship=Kinship(start=2, authors=(), recalled=(3,)))
    rollback(line.world.desk(), "2")
    after = line.world.add("six", kinship=Kinship(start=2, authors=(), recalled=(3, 4)))
    state = line.world.state()
    early = replace(state.releases[waiting], judged_against=2)
    held = replace(state, releases={**state.releases, waiting: early})
    from governance.release.promotion import promotable

    with pytest.raises(RefusedError, match=r"version 5 was made before release 4 \(ledger \d+\) was recalled"):
        promotable(held, waiting, terms())
    assert promote(line.world.desk(), after, terms()).changed


def test_a_run_does_not_promote_what_a_killed_one_left_where_a_recall_came_between(line: Line) -> None:
    from flows.retrain import finish_killed

    shop = line.shop()
    rollback(line.world.desk(freeze=False), "2")
    left = line.world.add("four", policy_sha256=shop.policy.digest, kinship=Kinship(start=2, authors=(), recalled=()))
    assert line.world.state().releases[left].waiting
    assert line.world.state().releases[left].judged_against == line.world.state().champion
    finish_killed(shop)
    assert line.world.state().champion == 2
