"""What a passed cycle was trained on is kept once, wherever the process dies, and only what served comes back."""

from pathlib import Path

import polars as pl
import pytest

from flows.earlier import earlier_rows
from governance.actions.keep_rows import STEPS, keep_rows
from governance.actions.promote import promote
from governance.actions.rollback import rollback
from governance.adapters.executors.here import HereExecutor
from governance.adapters.row_folder import RowFolder
from governance.digest import digest_document, write_document
from governance.errors import IntegrityError
from governance.mixing.rules import MixRules
from governance.ports.rows import rows_frame
from governance.provenance.earlier import nothing_earlier
from governance.provenance.passed import PASSED_SCHEMA
from governance.provenance.recalled import Named
from governance.release import kinds
from governance.release.descendants import descendants_of
from governance.release.fold import fold
from governance.release.ledger import follow
from tests.world import Killed, Killer, World, terms

ACCUMULATE = MixRules(regime="accumulate")


class Line:
    """A world whose cycles lie in folders; the cycle of a release has the digest that the world gave it."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.store = RowFolder(folder=folder / "rows")
        self.folder = folder

    def cycle(self, number: int, *ids: str, verdict: str = "pass") -> Path:
        folder = self.folder / f"cycle-{number}"
        folder.mkdir(exist_ok=True)
        records = [{"row_id": name, "text": name, "origin": "human"} for name in ids]
        rows_frame(records, "a").with_columns(role=pl.lit("human"), shard=pl.lit(0)).write_parquet(folder / "mix.parquet")
        PASSED_SCHEMA.to_frame().write_parquet(folder / "descent.parquet")
        nothing_earlier().write_parquet(folder / "earlier.parquet")
        write_document(folder / "cycle.json", {"number": number})
        write_document(folder / "decision.json", {"verdict": verdict})
        return folder

    def keep(self, cycle: Path, steps: Killer | None = None) -> bool:
        return keep_rows(self.world.desk().ledger, self.store, HereExecutor(batch_rows=1), cycle, steps or Killer())

    def release(self, number: int, *ids: str) -> int:
        """A promoted version whose cycle's rows are kept."""
        from dataclasses import replace

        from governance.actions.register import register
        from tests.world import finished

        self.keep(self.cycle(number, *ids))
        candidate = replace(self.world.candidate(f"c{number}"), cycle_digest=digest_document({"number": number}))
        version = register(self.world.desk(), finished(f"c{number}"), candidate).version
        promote(self.world.desk(), version, terms())
        return version

    def back(self, rules: MixRules = ACCUMULATE) -> list[str] | None:
        found = earlier_rows(rules, self.store, self.world.state(), self.folder / "scratch")
        return None if found is None else pl.read_parquet(found)["row_id"].to_list()


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_a_passed_cycle_is_kept_once_and_any_other_never(line: Line) -> None:
    assert line.keep(line.cycle(1, "a"))
    assert not line.keep(line.cycle(1, "a"))
    assert not line.keep(line.cycle(2, "b", verdict="block"))
    assert line.world.ledger.kinds() == [kinds.ROWS_KEPT]


@pytest.mark.parametrize("point", STEPS)
def test_killed_anywhere_the_next_run_keeps_it_once(line: Line, point: str) -> None:
    with pytest.raises(Killed):
        line.keep(line.cycle(1, "a"), Killer(at=point))
    line.keep(line.cycle(1, "a"))
    assert line.world.ledger.kinds() == [kinds.ROWS_KEPT]


def test_two_processes_that_keep_one_cycle_write_one_event(line: Line) -> None:
    cycle = line.cycle(1, "a")
    assert not line.keep(cycle, Killer(at="keep.written", meanwhile=lambda: line.keep(cycle)))
    assert line.world.ledger.kinds() == [kinds.ROWS_KEPT]


def test_what_served_comes_back_in_order_and_what_was_rolled_back_does_not(line: Line) -> None:
    line.release(1, "a", "b")
    line.release(2, "c")
    assert line.back() == ["a", "b", "c"]
    rollback(line.world.desk(), "previous", "it went wrong")
    assert line.back() == ["a", "b"]


def test_a_candidate_that_never_served_brings_nothing_back_and_no_more_does_a_policy_that_does_not_accumulate(line: Line) -> None:
    line.keep(line.cycle(1, "a"))
    assert line.back() == []
    line.release(2, "b")
    assert line.back(MixRules()) is None
    assert line.back(MixRules(regime="accumulate-fixed-budget", budget_tokens=9)) == ["b"]


def test_kept_rows_that_are_gone_or_altered_are_refused_by_name(line: Line) -> None:
    line.release(1, "a")
    next((line.folder / "rows").iterdir()).write_bytes(b"other")
    with pytest.raises(IntegrityError, match="is altered"):
        line.back()


def test_the_ledger_hears_which_releases_of_the_line_wrote_some_of_the_kept_rows_and_an_older_event_says_nothing(line: Line) -> None:
    world, folder = line.world, line.cycle(1, "a")
    version = world.add("one")
    named = [Named(version=version, digest="d" * 64, names=(("student", "1"),)), Named(version=9, digest="e" * 64, names=())]
    records = [
        {"row_id": "h", "text": "h", "origin": "human"},
        *({"row_id": f"m{n}", "text": f"m{n}", "origin": "model", "generator": "student", "generator_version": "1"} for n in range(3)),
        {"row_id": "x", "text": "x", "origin": "exposed", "generator": "student", "generator_version": "1"},
    ]
    rows_frame(records, "a").with_columns(role=pl.lit("human"), shard=pl.lit(0)).write_parquet(folder / "mix.parquet")
    assert keep_rows(world.desk().ledger, line.store, HereExecutor(batch_rows=2), folder, authors=named)
    digest = digest_document({"number": 1})
    state = world.state()
    assert state.own_rows[digest] == {version: 3}
    [kept] = descendants_of(state, version).kept
    assert (kept.rows, kept.rows_sha256) == (3, state.kept_rows[digest])
    older = [event for event in world.ledger.kept if event.kind == kinds.ROWS_KEPT]
    body = {name: value for name, value in older[0].body.items() if name != "own"}
    assert fold([follow(None, kind=kinds.ROWS_KEPT, actor="a", at="", body=body)]).own_rows == {digest: {}}
