"""`heirloom trace` as an auditor reads it: up to fresh weights, down to what a recalled release left behind, and what was not kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from flows.finish import archive_of
from governance.actions.rollback import rollback
from governance.digest import read_document, write_document
from governance.release import kinds
from tests.flows.traced_line import ANCHORS, TEACHER, TracedLine
from tests.release.ledger_events import adopted


class Auditor:
    def __init__(self, line: TracedLine, capsys: pytest.CaptureFixture[str]) -> None:
        self.line, self.root, self.capsys = line, line.root, capsys

    def say(self, *words: str, code: int = 0) -> list[str]:
        assert main([*words, "--workspace", str(self.root)]) == code
        said = self.capsys.readouterr()
        return (said.out or said.err).splitlines()

    def document(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.say(*words, "--json")[-1])
        return found


@pytest.fixture
def auditor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Auditor:
    return Auditor(TracedLine(tmp_path), capsys)


def three(line: TracedLine) -> TracedLine:
    line.release(1, None)
    line.release(2, 1, [("model", "teacher", TEACHER[:12], 6), ("hybrid", "desk-assist", "10", 4)])
    line.release(3, 2, [("model", "teacher", TEACHER[:12], 6), ("model", "student", "2", 5)])
    return line


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> TracedLine:
    """Three releases that tests only look at."""
    return three(TracedLine(tmp_path_factory.mktemp("line")))


@pytest.fixture
def looking(line: TracedLine, capsys: pytest.CaptureFixture[str]) -> Auditor:
    return Auditor(line, capsys)


def test_the_tree_shows_weights_the_mix_by_who_wrote_it_and_the_anchors(looking: Auditor) -> None:
    root = read_document(archive_of(looking.line.shop(), looking.line.world.state().releases[3].cycle_digest) / "mix.json")["root"]
    assert looking.say("trace", "student", "--tree") == [
        "student/3  depth 1, champion",
        "├─ student/2  depth 1, released",
        "│  └─ student/1  depth 0, released, pre-synthetic",
        "│     └─ fresh weights",
        f"├─ mix {root[:8]}…  69.8 % human · 12.8 % model · 17.4 % anchors",
        "│  ├─ 6 rows by teacher/777777777777 (teacher, pinned since 2026-11-20); what it learnt from: not kept",
        "│  └─ 5 rows by student/2, release 2 of this line",
        "└─ anchors 9b310000…  unchanged for 3 cycles",
    ]


def test_origins_are_told_apart_and_an_author_that_nobody_pinned_is_said_to_be_one(looking: Auditor) -> None:
    said = "\n".join(looking.say("trace", "2", "--tree"))
    assert "% hybrid · " in said
    assert "4 rows by desk-assist/10, no pinned teacher: what it learnt from is unknown" in said


def test_the_document_has_every_ancestor_once_and_what_comes_of_the_release(looking: Auditor) -> None:
    document = looking.document("trace", "student/2")
    assert (document["schema"], document["version"], [one["version"] for one in document["ancestors"]]) == ("heirloom/trace/1", 2, [2, 1])
    own = document["ancestors"][0]
    assert own["mix"]["origins"] == {"human": 600, "hybrid": 40, "model": 60}
    assert (own["start"], own["start_recorded"], own["anchors"]["cycles"]) == (1, True, 2)
    assert [one["version"] for one in document["descendants"]["releases"]] == [3]
    table = looking.say("trace", "3")
    assert [line.split()[0] for line in table[2:5]] == ["3", "2", "1"]


def test_what_was_not_kept_is_said_to_be_so(auditor: Auditor) -> None:
    auditor.line.release(1, None, keep=False)
    said = auditor.say("trace", "1", "--tree")
    assert "├─ what it was trained on: not kept (the documents of cycle 1)" in said
    assert auditor.document("trace", "1")["ancestors"][0]["mix"] is None


@pytest.mark.parametrize("name", ["cycle", "mix", "lineage"])
def test_a_kept_document_that_somebody_changed_is_an_integrity_error_by_name(looking: Auditor, name: str) -> None:
    place = archive_of(looking.line.shop(), looking.line.world.state().releases[2].cycle_digest) / f"{name}.json"
    changed = {"cycle": {"number": 9}, "mix": {"root": "0" * 64}, "lineage": {"synthetic_tokens": 0}}[name]
    true = place.read_bytes()
    write_document(place, {**read_document(place), **changed})
    said = looking.say("trace", "3", code=4)
    place.write_bytes(true)
    assert "was changed after it was kept" in said[0]
    assert ("mix.json" if name == "mix" else f"{name}.json") in said[0]


def test_after_a_rollback_the_way_down_names_everything_that_comes_from_what_was_left(auditor: Auditor) -> None:
    three(auditor.line)
    digest = auditor.line.world.state().releases[2].checkpoint
    auditor.line.record(kinds.ROWS_KEPT, {"cycle": 3, "cycle_digest": "k" * 64, "rows": 9, "rows_sha256": "5" * 64, "own": {"2": 5}})
    written = dict.fromkeys(kinds.BODIES[kinds.ROWS_SYNTHESIZED], "x") | {"batch": "week-48", "digest": digest, "rows": 12}
    auditor.line.record(kinds.ROWS_SYNTHESIZED, written)
    rollback(auditor.line.world.desk("oncall-a"), "2")
    rollback(auditor.line.world.desk("oncall-a"), "1")
    said = auditor.say("trace", "2", "--descendants")
    seq = auditor.line.world.state().releases[2].quarantined_seq
    assert said[0] == f"student/2 (quarantined, ledger {seq})"
    assert said[1:] == [
        "├─ release 3  from 2 by its weights, quarantined",
        "├─ 5 of the kept rows of a cycle without a release  555555555555",
        f"└─ batch week-48  12 rows, ledger {seq - 5}",
    ]
    assert "3  depth 1, quarantined" in auditor.say("trace", "3", "--tree")[0]
    assert "descends from 2, which was recalled" in auditor.say("trace", "3", "--tree")[0]
    assert auditor.say("trace", "3", "--descendants")[-1] == "└─ nothing of this line is known to come from it"


def test_a_long_chain_of_weights_is_counted_in_the_middle(auditor: Auditor) -> None:
    for number in range(1, 8):
        auditor.line.release(number, number - 1 or None)
    assert auditor.say("trace", "7", "--tree")[1:5] == [
        "├─ student/6  depth 0, released, pre-synthetic",
        "│  └─ … 4 releases",
        "│     └─ student/1  depth 0, released, pre-synthetic",
        "│        └─ fresh weights",
    ]


def test_an_adopted_release_says_that_nobody_here_saw_its_past(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    auditor = Auditor(TracedLine(tmp_path), capsys)
    kind, body = adopted()
    auditor.line.record(kind, body)
    said = auditor.say("trace", "1", "--tree")
    assert said[1:] == ["├─ adopted: what it learnt before is not counted here", "└─ what it was trained on: nobody here saw"]


def test_what_is_no_release_is_refused_with_what_there_is(looking: Auditor) -> None:
    assert "'student/9' is no release" in looking.say("trace", "student/9", code=2)[0]
    digest = looking.line.world.state().releases[2].checkpoint
    assert looking.document("trace", digest[:12])["version"] == 2
    assert looking.document("trace", "pre-synthetic")["version"] == 1


def test_anchors_are_unchanged_as_far_back_as_every_pin_names_the_same_bytes(auditor: Auditor) -> None:
    pins = {"tail": "t", "human": "h", "prompts": "p"}
    auditor.line.release(1, None)
    auditor.line.record(kinds.SHARDS_PINNED, {"anchors": ANCHORS, **pins})
    auditor.line.release(2, 1)
    auditor.line.record(kinds.SHARDS_PINNED, {"anchors": "a" * 64, **pins})
    auditor.line.release(3, 2)
    found = {one["version"]: one["anchors"] for one in auditor.document("trace", "3")["ancestors"]}
    assert [(found[v]["digest"][:4], found[v]["cycles"]) for v in (1, 2, 3)] == [("9b31", 1), ("9b31", 2), ("aaaa", 1)]
