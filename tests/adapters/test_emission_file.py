"""The file of emissions: bound to the ledger, whole after a kill at any point, missed when it is gone."""

from pathlib import Path

import pytest

from governance.adapters.emission_file import EmissionFile
from governance.errors import IntegrityError
from governance.provenance.emissions import Emissions, containment, emitted, read_emissions
from governance.provenance.synthesis import EmissionLimits
from tests.world import Killed, TickingClock

LIMITS = EmissionLimits()
FIRST, SECOND = "one two three four five six", "seven eight nine ten eleven twelve"


def of(text: str) -> Emissions:
    return emitted("teacher/1", [text], [""], LIMITS)


class Word:
    """The ledger's word on the file; `dies` before or after it is written."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.dies = ""

    def recorded(self) -> str | None:
        return self.said[-1] if self.said else None

    def record(self, sha256: str) -> None:
        if self.dies == "before":
            raise Killed
        self.said.append(sha256)
        if self.dies == "after":
            raise Killed


@pytest.fixture
def place(tmp_path: Path) -> EmissionFile:
    return EmissionFile(folder=tmp_path / "emissions", clock=TickingClock())


def enter(place: EmissionFile, word: Word, text: str) -> str:
    return place.enter(of(text), LIMITS, word.recorded, word.record)


def found(place: EmissionFile, word: Word) -> list[int]:
    settled = place.settled(word.recorded())
    assert settled is not None
    return containment(read_emissions(settled), [FIRST, SECOND]).emitted.tolist()


def test_entries_add_up_and_an_entry_made_twice_is_recorded_once(place: EmissionFile):
    word = Word()
    assert place.settled(None) is None
    enter(place, word, FIRST)
    enter(place, word, SECOND)
    enter(place, word, FIRST)
    assert len(word.said) == 2
    assert found(place, word) == [2, 2]


@pytest.mark.parametrize(("dies", "known"), [("before", [2, 0]), ("after", [2, 2])])
def test_killed_around_the_ledgers_word_the_file_that_it_names_is_found(place: EmissionFile, dies: str, known: list[int]):
    word = Word()
    enter(place, word, FIRST)
    word.dies = dies
    with pytest.raises(Killed):
        enter(place, word, SECOND)
    word.dies = ""
    assert found(place, word) == known
    enter(place, word, SECOND)
    assert found(place, word) == [2, 2]
    assert len(word.said) == 2


def test_killed_at_the_very_first_entry_nothing_was_ever_entered(place: EmissionFile):
    word = Word()
    word.dies = "before"
    with pytest.raises(Killed):
        enter(place, word, FIRST)
    assert place.settled(word.recorded()) is None


@pytest.mark.parametrize("fault", ["deleted", "altered"])
def test_a_file_that_is_not_what_the_ledger_says_is_an_integrity_error(place: EmissionFile, fault: str):
    word = Word()
    enter(place, word, FIRST)
    place.place.unlink()
    if fault == "altered":
        place.place.write_bytes(b"")
    with pytest.raises(IntegrityError, match="backup"):
        place.settled(word.recorded())
    with pytest.raises(IntegrityError, match="backup"):
        enter(place, word, SECOND)
