"""A judged cycle enters the memory once, wherever the process dies, and an altered memory is not believed."""

from pathlib import Path

import polars as pl
import pytest

from governance.actions.remember import STEPS, Remembered, remember
from governance.adapters.memory_folder import MemoryFolder
from governance.digest import write_document
from governance.errors import ConflictError, IntegrityError
from governance.ports.rows import rows_frame
from governance.provenance.passed import PASSED_SCHEMA
from governance.release import kinds
from tests.world import Killed, Killer, World


class Line:
    """A workspace whose judged cycles lie in folders."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.store = MemoryFolder(folder=folder / "memory")
        self.folder = folder

    def cycle(self, number: int, *ids: str) -> Path:
        folder = self.folder / f"cycle-{number}"
        folder.mkdir(exist_ok=True)
        records = [{"row_id": name, "text": name, "origin": "human"} for name in ids]
        rows_frame(records, "a").write_parquet(folder / "admitted.parquet")
        PASSED_SCHEMA.to_frame().write_parquet(folder / "descent.parquet")
        write_document(folder / "cycle.json", {"number": number, "policy": {"provenance": {"memory_rows": 3}}})
        return folder

    def add(self, cycle: Path, steps: Killer | None = None) -> Remembered:
        return remember(self.world.desk().ledger, self.store, cycle, steps or Killer())

    def known(self) -> list[str]:
        place = self.store.settled(self.world.state().memory)
        assert place is not None
        return pl.read_parquet(place)["row_id"].to_list()


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_rows_are_remembered_once_and_the_oldest_make_room(line: Line) -> None:
    assert line.add(line.cycle(1, "a", "b")) == Remembered(rows=2, forgotten=0, changed=True)
    assert line.add(line.cycle(1, "a", "b")) == Remembered(rows=2, forgotten=0, changed=False)
    assert line.add(line.cycle(2, "c", "d")) == Remembered(rows=3, forgotten=1, changed=True)
    assert line.known() == ["a", "c", "d"]
    assert line.world.ledger.kinds() == [kinds.MEMORY_EXTENDED] * 2
    assert len(list((line.folder / "memory").iterdir())) == 1


@pytest.mark.parametrize("point", STEPS)
def test_killed_anywhere_the_memory_is_true_and_the_next_run_finishes_it(line: Line, point: str) -> None:
    line.add(line.cycle(1, "a"))
    with pytest.raises(Killed):
        line.add(line.cycle(2, "b"), Killer(at=point))
    assert line.known() in (["a"], ["a", "b"])
    line.add(line.cycle(2, "b"))
    assert line.known() == ["a", "b"]
    assert line.world.ledger.kinds() == [kinds.MEMORY_EXTENDED] * 2


def test_two_processes_that_remember_one_cycle_write_one_event(line: Line) -> None:
    cycle = line.cycle(1, "a")
    rival = Killer(at="remember.kept", meanwhile=lambda: line.add(cycle))
    assert not line.add(cycle, rival).changed
    assert line.known() == ["a"]
    assert line.world.ledger.kinds() == [kinds.MEMORY_EXTENDED]


def test_a_memory_that_grew_meanwhile_is_not_overwritten(line: Line) -> None:
    other = line.cycle(2, "b")
    rival = Killer(at="remember.kept", meanwhile=lambda: line.add(other))
    with pytest.raises(ConflictError, match="grew while"):
        line.add(line.cycle(1, "a"), rival)
    assert line.known() == ["b"]


@pytest.mark.parametrize("content", [None, b"another"])
def test_a_memory_that_is_gone_or_altered_is_refused_by_name(line: Line, content: bytes | None) -> None:
    line.add(line.cycle(1, "a"))
    place = next((line.folder / "memory").iterdir())
    place.unlink() if content is None else place.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"is missing|is altered"):
        line.add(line.cycle(2, "b"))
