"""`heirloom withdraw` and `heirloom provenance show` as a steward reads them; a text is in no line and in no document."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cli.main import main
from governance.digest import digest_document, write_document
from governance.mixing.sieve import DROPPED_SCHEMA
from governance.provenance.labels.label import no_relabels
from governance.release import kinds
from tests.flows.kept_line import KeptLine, rows_of, secret

NOT_DELETED = " Not deleted here: its text in the inbox, in cycle/, in DVC's cache and remote, and in backups."


class Steward:
    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.line, self.root, self.capsys = KeptLine(root, on_disk=True), root, capsys
        self.line.trained(1, None, "a", "b")
        self.line.trained(2, 1, "c")

    def say(self, *words: str, code: int = 0) -> list[str]:
        assert main([*words, "--workspace", str(self.root)]) == code
        said = self.capsys.readouterr()
        assert "Secret" not in said.out + said.err
        return (said.out or said.err).splitlines()

    def document(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.say(*words, "--json")[-1])
        return found

    def cycle(self) -> None:
        """A cycle at hand: a is admitted again and mixed, n is dropped, r is refused at the door."""
        folder = self.root / "cycle"
        folder.mkdir(exist_ok=True)
        write_document(folder / "cycle.json", {"number": 3, "mapping": {}})
        rows_of("a", "n").write_parquet(folder / "admitted.parquet")
        no_relabels().write_parquet(folder / "relabels.parquet")
        rows_of("a").with_columns(role=pl.lit("human"), shard=pl.lit(0)).write_parquet(folder / "mix.parquet")
        gone = {"row_id": "n", "origin": "human", "slice": "none", "tokens": 5, "rule": "near-duplicate", "detail": "as a"}
        pl.DataFrame([gone], schema=DROPPED_SCHEMA).write_parquet(folder / "dropped.parquet")
        refused = {"row_id": "r", "text": secret("r"), "origin": "weak"}
        ours = {"file": "b.jsonl", "line": 7, "rule": "weak-origin", "found": "origin weak", "fix": "prove it"}
        (folder / "quarantine.jsonl").write_text(json.dumps({**refused, "_heirloom": ours}) + "\n")


@pytest.fixture
def steward(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Steward:
    monkeypatch.setenv("HEIRLOOM_ACTOR", "steward-a")
    return Steward(tmp_path, capsys)


def test_the_answer_to_an_author_who_wants_out(steward: Steward) -> None:
    said = steward.say("withdraw", "a", "--reason", "author withdrew consent")
    seq = steward.line.world.state().seq
    assert said == [
        f"1 row is barred from every later mix, ledger {seq}.",
        " Trained on it: release 1 (1 row).",
        " Their weights or text went into: release 2.",
        " Release 2 serves and holds it: whether it goes on serving is for people to decide.",
        " Weights forget nothing: only a release that comes from none of these is without it.",
        " Taken out of the kept rows of 1 cycle.",
        NOT_DELETED,
    ]
    assert steward.line.kept_ids() == ["b", "c"]
    assert steward.say("withdraw", "a", "--reason", "again")[0] == "Withdrawn before: nothing was changed."
    document = steward.document("withdraw", "a", "c", "--reason", "both")
    assert (document["schema"], document["changed"], document["rows"], document["already"]) == ("heirloom/withdraw/1", True, 1, 1)
    assert document["withdrawal"]["trained"] == {"1": 1, "2": 1}


def test_a_file_of_ids_and_unknown_ones(steward: Steward, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("a\nb\nnobody\n")
    refused = steward.say("withdraw", "--file", str(tmp_path / "ids"), "--reason", "asked", code=2)
    assert "nothing is known of 1 of 3 rows" in refused[0]
    assert "for example: nobody" in refused[2]
    (tmp_path / "ids").write_text("a\nb\n")
    assert steward.say("withdraw", "--file", str(tmp_path / "ids"), "--reason", "asked")[0].startswith("2 rows are barred")


def test_the_story_of_a_row_from_its_batch_to_its_withdrawal(steward: Steward) -> None:
    steward.cycle()
    steward.say("withdraw", "a", "--reason", "author withdrew consent")
    seq = steward.line.world.state().seq
    said = steward.say("provenance", "show", "a")
    assert said[0] == "Row a"
    assert " cycle 1      admitted: the last time that it was" in said
    assert " cycle 3      mixed: as human text in shard 0" in said
    assert " The open cycle 3 was mixed with it: heirloom retrain mixes again without it." in said
    assert said[-1] == f" Withdrawn by steward-a (ledger {seq}): author withdrew consent. No later mix takes it."
    assert " Trained on it: release 1 (1 row)." in said
    document = steward.document("provenance", "show", "a")
    assert (document["schema"], document["withdrawn"]["seq"]) == ("heirloom/provenance-show/1", seq)
    assert document["learnt"]["open_cycle"] == 3
    assert [one["what"] for one in document["happened"]] == ["admitted", "admitted", "mixed"]
    assert {one["where"] for one in document["declared"]} == {"cycle 3", "memory"}


def test_a_kept_row_says_which_cycle_trained_on_it(steward: Steward) -> None:
    said = steward.say("provenance", "show", "c")
    assert " cycle 2      trained on: and kept, so that it may come back" in said
    assert " Trained on it: release 2 (1 row)." in said
    assert " labels       no person said anything of it" in said


def test_why_a_row_was_left_out_or_refused_is_told_by_its_rule(steward: Steward) -> None:
    steward.cycle()
    assert " cycle 3      dropped: near-duplicate: as a" in steward.say("provenance", "show", "n")
    assert " cycle 3      quarantined: weak-origin: origin weak" in steward.say("provenance", "show", "r")
    assert " No release was trained on it." in steward.say("provenance", "show", "n")


def test_a_candidate_that_waits_and_was_mixed_at_hand_is_named(steward: Steward) -> None:
    steward.cycle()
    digest = digest_document({"number": 3, "mapping": {}})
    kind = kinds.CANDIDATE_REGISTERED
    candidate = next(dict(e.body) for e in steward.line.world.ledger.events() if e.kind == kind)
    steward.line.record(kind, {**candidate, "version": 3, "cycle": 3, "cycle_digest": digest})
    said = steward.say("provenance", "show", "a")
    assert " Trained on it: releases 1 (1 row), 3 (1 row)." in said
    assert " Version 3 waits, and holds it: heirloom reject 3" in said


def test_a_row_that_nobody_knows_is_a_usage_error(steward: Steward) -> None:
    assert "nothing is known of row 'nobody'" in steward.say("provenance", "show", "nobody", code=2)[0]
