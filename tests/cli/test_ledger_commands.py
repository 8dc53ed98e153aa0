"""`heirloom ledger verify, witness, rekey` and what `status` says of the witnesses: lines, exit codes, documents."""

import json
import shutil
from pathlib import Path

import pytest

from cli.main import main
from tests.witnessed_line import Line, rewritten, verdict_of


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Line:
    line = Line.made(tmp_path_factory.mktemp("told") / "line")
    line.found()
    line.decide(1)
    line.note()
    return line


@pytest.fixture
def line(told: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    found = told.copy(tmp_path / "line")
    monkeypatch.chdir(found.root)
    return found


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(words)
    found = capsys.readouterr()
    return code, found.out + found.err


def document(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    code, text = said(capsys, *words, "--json")
    return code, json.loads(text)


def test_verify_says_how_old_the_last_checkpoint_is_who_keeps_it_and_what_came_after(
    line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = said(capsys, "ledger", "verify")
    assert code == 0
    assert "4 events, every one follows the one before it." in text
    assert "at seq 3, in far + folder + git; 1 entry after it." in text
    code, found = document(capsys, "ledger", "verify")
    assert (code, found["events"], found["after"], found["witnesses"]) == (0, 4, 1, ["far", "folder", "git"])


def test_witness_signs_what_came_after_and_a_witness_that_is_away_is_exit_6(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "ledger", "witness")[0] == 0
    assert document(capsys, "ledger", "verify")[1]["after"] == 0
    shutil.rmtree(line.root / "far")
    code, text = said(capsys, "ledger", "verify")
    assert code == 6
    assert "Not asked: far: is no folder" in text


def test_a_cut_ledger_is_exit_4_and_status_still_shows_the_rest(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    line.replace(line.events()[:2])
    code, text = said(capsys, "ledger", "verify")
    assert code == 4
    assert "INTEGRITY  ledger: the ledger ends at seq 2" in text
    code, text = said(capsys, "status")
    assert code == 0
    assert "NOT PROVED: the ledger ends at seq 2" in text
    assert said(capsys, "ledger", "witness")[0] == 4, "what disagrees is not signed over"


def test_a_rewritten_ledger_is_exit_4_with_both_heads(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    true = line.events()
    line.replace(rewritten(true, {2: verdict_of(1, "block")}))
    code, text = said(capsys, "ledger", "verify")
    assert code == 4
    assert {true[2].digest[:16], line.events()[2].digest[:16]} <= set(text.replace(",", " ").split())


def test_rekey_says_whether_the_old_key_signed_it(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = document(capsys, "ledger", "rekey", "--reason", "yearly")
    assert (code, found["signed"]) == (0, True)
    shutil.rmtree(line.root / ".heirloom" / "platform")
    code, text = said(capsys, "ledger", "rekey", "--reason", "lost")
    assert code == 0
    assert "NOT signed by the old key" in text
    assert "without its signature" in said(capsys, "ledger", "verify")[1]


def test_status_shows_the_last_checkpoint(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = document(capsys, "status")
    assert (code, found["witnessed"]) == (0, {"seq": 3, "after": 1, "witnesses": ["far", "folder", "git"]})
