"""The night of an on-call: a rollback, what it bars and lists, a note, the history, and the morning's unfreeze. A real ledger file."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.commands.canary import begun_lines, ended_lines
from cli.commands.rollback import asked_lines, rollback_lines
from cli.main import main
from governance.actions.canary import begin_canary, end_canary
from governance.actions.outcomes import CanaryOutcome, RollbackOutcome
from governance.actions.promote import promote
from governance.actions.rollback import rollback
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.release import kinds
from governance.release.history import history
from governance.release.kinship import Kinship
from tests.world import MODEL, World, terms


class Night:
    """A workspace whose ledger is a file: releases 1, 2 and 3, each started from the one before; 3 serves."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.capsys = root, capsys
        (root / "policy.toml").write_text(f'[line]\nmodel = "{MODEL}"\n')
        (root / ".heirloom").mkdir()
        self.world = World(root=root, ledger=SqliteLedger(path=root / ".heirloom" / "ledger.sqlite"))  # type: ignore[arg-type]
        for name, start in (("one", None), ("two", 1), ("three", 2)):
            self.promote(name, start)

    def promote(self, name: str, start: int | None, *recalled: int) -> None:
        kin = Kinship(start=start, authors=(), recalled=recalled)
        promote(self.world.desk("reviewer-a"), self.world.add(name, kinship=kin), terms())

    def back(self, to: str = "previous") -> RollbackOutcome:
        return rollback(self.world.desk("oncall-a"), to)

    def say(self, *words: str) -> list[str]:
        assert main([*words, "--workspace", str(self.root)]) == 0
        return self.capsys.readouterr().out.splitlines()

    def document(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.say(*words, "--json")[-1])
        return found


@pytest.fixture
def night(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Night:
    return Night(tmp_path, capsys)


def test_a_rollback_its_note_its_history_and_the_unfreezing_of_the_morning(night: Night) -> None:
    planned = rollback(night.world.desk("oncall-a"), "previous", dry_run=True)
    events = night.world.desk().ledger.events()
    assert asked_lines(planned, MODEL, history(events)) == [
        "student champion is 3 (since 2026-11-20 03:07). Going back to 2: promoted by policy 2026-11-20 03:07, 2 files verified."
    ]
    done = night.back()
    assert rollback_lines(done, 2.4, MODEL) == [
        "Champion 3 -> 2: 2 files verified.",
        " 3 is quarantined: it can not be promoted again, and its outputs are barred from future mixes.",
        " Scheduled retraining of student is frozen until: heirloom unfreeze",
        f"Done in 2.4 s, ledger {done.seq}.",
        f'Say why when you are awake: heirloom note {done.seq} "..."',
    ]
    assert night.say("note", str(done.seq), "tail sounded flat") == [f"Noted, ledger {done.seq + 1}."]
    moved = night.say("history")
    assert moved[1].split() == [str(done.seq), "2026-11-20", "03:07", "2", "3", "rollback", "oncall-a", "not", "given"]
    assert moved[-1] == f" quarantined    3 (ledger {done.seq}): its outputs are barred from every mix"
    assert any("frozen         rollback to 2" in line for line in night.say("status"))
    assert night.say("unfreeze", "--reason", "the batch was bad") == [
        f"Retraining may go on, ledger {done.seq + 2}.",
        " 3 stays quarantined: the next mix bars its outputs.",
        "Next: heirloom retrain",
    ]
    said = (kinds.NOTE_ADDED, kinds.SCHEDULE_UNFROZEN)
    kept = [event for event in night.world.desk().ledger.events() if event.kind in said]
    assert [(event.kind, dict(event.body)) for event in kept] == [
        (kinds.NOTE_ADDED, {"about": done.seq, "text": "tail sounded flat"}),
        (kinds.SCHEDULE_UNFROZEN, {"reason": "the batch was bad"}),
    ]


def test_a_rollback_a_status_and_the_history_list_what_descends_from_what_was_left(night: Night) -> None:
    night.back("1")
    night.back("2")
    assert night.document("status")["tainted"] == []
    night.promote("four", 2, 3)
    waiting = night.world.add("five", kinship=Kinship(start=4, authors=(2,), recalled=(3,)))
    done = night.back("2")
    assert f" From it descend release {waiting}: heirloom trace 4 --descendants" in rollback_lines(done, 1.0, MODEL)
    told = night.say("history")
    assert told[-2].endswith(f"barred from every mix; from it descend release {waiting}")
    assert told[-1] == f" cannot serve   {waiting} descends from 4, which was recalled: {waiting} <- 4"
    state = night.document("status")
    assert (state["tainted"], [one["version"] for one in state["recalled"]]) == ([waiting], [3, 4])
    [found] = state["recalled"][1]["descendants"]["releases"]
    assert found == {"version": waiting, "parent": 4, "by": "weights", "recorded": True}


def test_who_goes_to_a_descendant_by_its_number_is_told_and_nobody_falls_on_it(night: Night) -> None:
    night.promote("four", 3)
    night.back("2")
    night.back("1")
    said = rollback_lines(night.back("3"), 1.0, MODEL)
    assert " Look at: 3 descends from 2, which was recalled (3 <- 2); it was named." in said
    assert " look at        3 serves and descends from 2, which was recalled: 3 <- 2" in night.say("status")
    night.promote("five", 1, 2, 4)
    done = night.back()
    assert (done.version, done.passed_over) == (1, (3,))
    assert " Passed over, because it descends from a recalled release: 3." in rollback_lines(done, 1.0, MODEL)


def test_a_candidate_that_was_made_before_a_recall_is_said_to_serve_no_more(night: Night) -> None:
    early = night.world.add("early", kinship=Kinship(start=1, authors=(), recalled=()))
    night.back("2")
    assert f" cannot serve   {early} was made before 3 was recalled: heirloom retrain" in night.say("status")


def test_a_canary_is_shown_while_it_stands_and_told_of_when_it_is_over(night: Night) -> None:
    night.world.clock.at = datetime.now(UTC)
    version = night.world.add("four", kinship=Kinship(start=3, authors=(), recalled=()))
    done = begin_canary(night.world.desk("reviewer-a"), version, terms(), percent=5, hours=24)
    until = f"5 % of the traffic until {done.until[:16].replace('T', ' ')} UTC"
    assert f" canary         version 4, {until}: heirloom canary end" in night.say("status")
    assert night.document("status")["canary"] == night.document("canary")["canary"]
    assert night.document("canary")["canary"]["version"] == version
    story = f" canary         version 4, {until}, by reviewer-a (ledger {done.seq}), approved by policy"
    assert night.say("history")[-1] == story
    end_canary(night.world.desk("oncall-a"), "sounds [flat]")
    assert " was canary     version 4: sounds [flat]" in night.say("status")
    assert night.document("status")["canary"] is None
    assert night.say("history")[-1] == f"{story}; taken off: sounds [flat]"
    assert night.say("canary") == ["was canary     version 4: sounds [flat]"]


def test_a_canary_in_words() -> None:
    waiting = CanaryOutcome(version=4, changed=False, missing=1, doubts=("reviewer-a, ledger 9: does not count, it ended",))
    assert begun_lines(waiting) == [
        "Version 4 is no canary: it waits for 1 approval(s).",
        " reviewer-a, ledger 9: does not count, it ended",
        "Next: heirloom review 4",
    ]
    until = "2026-11-21T03:07:00+00:00"
    begun = CanaryOutcome(version=4, changed=True, percent=5, until=until, approved_by=("reviewer-a",), seq=9, unshown="down")
    assert begun_lines(begun)[:2] == [
        "Version 4 is the canary: 5 % of the traffic until 2026-11-21 03:07 UTC; approved by reviewer-a; ledger 9.",
        " The registry's page does not show it yet (down): heirloom reconcile",
    ]
    assert ended_lines(CanaryOutcome(version=None, changed=False)) == ["There is no canary."]
    assert ended_lines(CanaryOutcome(version=4, changed=False, ended=True)) == ["Somebody has taken version 4 off already."]
    off = CanaryOutcome(version=4, changed=True, ended=True, seq=9)
    assert ended_lines(off) == ["Version 4 is the canary no more, ledger 9. The champion serves alone."]
