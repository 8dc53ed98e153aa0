"""Kept rows leave when nothing can bring them back, said before it is done; what serves, waits or may be gone back to stays."""

from dataclasses import replace
from pathlib import Path

import pytest

from governance.actions.approve import reject
from governance.actions.prune_rows import STEPS, prune_rows
from governance.actions.register import register
from governance.actions.rollback import rollback
from governance.digest import digest_document
from governance.errors import PolicyError
from governance.mixing.rules import MixRules
from governance.release import kinds
from governance.section import read_section
from tests.actions.test_keep_rows import Line
from tests.world import Killed, Killer, finished


class Archive(Line):
    """A line of releases whose kept rows are pruned as at the end of a cycle."""

    def candidate(self, number: int, *ids: str) -> int:
        """A version that passed and waits."""
        self.keep(self.cycle(number, *ids))
        candidate = replace(self.world.candidate(f"c{number}"), cycle_digest=digest_document({"number": number}))
        return register(self.world.desk(), finished(f"c{number}"), candidate).version

    def prune(self, at_hand: int = 0, kept_cycles: int | None = None, steps: Killer | None = None) -> list[str]:
        digest = digest_document({"number": at_hand})
        return [one.reason for one in prune_rows(self.world.desk().ledger, self.store, digest, kept_cycles, steps or Killer())]

    @property
    def files(self) -> int:
        return len(self.store.names())


@pytest.fixture
def line(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def test_what_serves_what_served_and_what_waits_stays_and_nothing_is_said(line: Archive) -> None:
    line.release(1, "a")
    line.release(2, "b")
    line.candidate(3, "c")
    before = line.world.ledger.kinds()
    assert line.prune(at_hand=3) == []
    assert (line.files, line.world.ledger.kinds()) == (3, before)


def test_what_was_rolled_back_from_refused_or_never_registered_leaves_and_is_in_the_ledger(line: Archive) -> None:
    line.release(1, "a")
    line.release(2, "b")
    rollback(line.world.desk(), "previous", "it went wrong")
    reject(line.world.desk(), line.candidate(3, "c"), "it reads wrong")
    line.keep(line.cycle(4, "d"))
    line.keep(line.cycle(5, "e"))
    assert line.prune(at_hand=5) == ["version 2 was left by a rollback", "version 3 was refused", "its candidate was never registered"]
    assert (line.files, line.back()) == (2, ["a"])
    assert line.world.ledger.kinds()[-3:] == [kinds.ROWS_PRUNED] * 3
    assert line.prune(at_hand=5) == []
    assert not line.keep(line.cycle(4, "d")), "what was pruned is not kept again"


def test_policy_may_keep_the_newest_cycles_only_and_a_candidate_takes_no_place_of_a_release(line: Archive) -> None:
    for number in (1, 2, 3):
        line.release(number, f"row-{number}")
    line.candidate(4, "row-4")
    assert line.prune(at_hand=4, kept_cycles=2) == ["older than the newest 2 that policy keeps"]
    assert line.back() == ["row-2", "row-3"]
    rollback(line.world.desk(), "previous", "it went wrong")
    assert line.back() == ["row-2"]
    assert line.prune(at_hand=4, kept_cycles=0) == ["older than the newest 0 that policy keeps", "version 3 was left by a rollback"]
    assert line.back() == []


@pytest.mark.parametrize("point", STEPS)
def test_killed_anywhere_the_next_end_of_a_cycle_deletes_what_the_ledger_gave_up(line: Archive, point: str) -> None:
    line.release(1, "a")
    line.release(2, "b")
    rollback(line.world.desk(), "previous", "it went wrong")
    with pytest.raises(Killed):
        line.prune(steps=Killer(at=point))
    assert line.back() == ["a"]
    assert line.prune() == []
    assert line.files == 1
    assert line.world.ledger.kinds().count(kinds.ROWS_PRUNED) == 1


def test_files_that_the_ledger_never_gave_up_are_not_touched(line: Archive) -> None:
    line.release(1, "a")
    stray = line.folder / "rows" / f"{'e' * 64}.parquet"
    stray.write_bytes(b"a ledger that was brought back from a backup may not know it")
    line.prune()
    assert stray.exists()


def test_a_rollback_that_falls_meanwhile_is_heard_before_the_next_rows_are_given_up(line: Archive) -> None:
    for number in (1, 2, 3):
        line.release(number, f"row-{number}")
    rolled = Killer(at="prune.recorded", meanwhile=lambda: rollback(line.world.desk(), "previous", "it went wrong"))
    assert line.prune(kept_cycles=1, steps=rolled) == ["older than the newest 1 that policy keeps"]
    assert line.back() == ["row-2"]


@pytest.mark.parametrize(("regime", "kept"), [("anchored", -1), ("accumulate", 0)])
def test_a_policy_that_keeps_less_than_its_regime_needs_is_refused(regime: str, kept: int) -> None:
    with pytest.raises(PolicyError, match=rf"kept_cycles: {kept} is not at least"):
        read_section(MixRules, {"regime": regime, "kept_cycles": kept}, "policy.toml.mixing")
