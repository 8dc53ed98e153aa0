"""What `heirloom label` says of a queue, of an import, and of a row."""

import json
from pathlib import Path

import pytest

from cli.commands.label import shift_line
from cli.main import main
from governance.mixing.relabelled import Shift
from tests.flows.label_office import HUMAN, HYBRID, MACHINE, Office

SHIFT = Shift(rows=1, counted=337, total=1000, counted_after=338, total_after=1000, cap_percent=35)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(tmp_path / "line")
    made.cycle(HUMAN, MACHINE, HYBRID)
    made.doubt("h", signals=1)
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("HEIRLOOM_ACTOR", "steward-a")
    return made


def test_a_queue_there_and_back_in_words(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label", "queue"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 rows need a person (of 3 in cycle 1)",
        " why                                                    rows",
        " model or hybrid without its generator's version           1",
        " says human, 1 sign of machine text                        1",
        "Next: heirloom label export FILE.csv",
    ]
    assert main(["label", "export", "../sheet.csv"]) == 0
    assert main(["label", "export", "../sheet.csv"]) == 2
    sheet = office.fill(office.root.parent / "sheet.csv", {"y": {"new_generator_version": "10"}, "h": {"new_origin": "human"}})
    capsys.readouterr()
    assert main(["label", "import", str(sheet)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 changed, 1 confirmed, 0 already so, 0 left open. By steward-a, not signed, ledger 2.",
        " 1 row hybrid -> hybrid",
        "They hold from the next cycle on.   Next: heirloom plan",
    ]
    assert main(["label", "import", str(sheet)]) == 0
    assert capsys.readouterr().out == "Nothing to record: 2 already so, 0 left open.\n"
    assert main(["label", "queue"]) == 0
    assert capsys.readouterr().out == "No row of cycle 1 needs a person.\n"
    assert main(["label", "history", "y"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "Row y"
    assert told[1].startswith(" hybrid     by desk-assist/unknown  text ")
    assert "steward-a         hybrid -> hybrid  by desk-assist/10  text" in told[2]
    assert told[2].endswith("counts")


def test_every_answer_is_a_document_too(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    documents = []
    sheet = office.root.parent / "sheet.csv"
    for words in (["queue"], ["export", str(sheet)], ["history", "h"]):
        assert main(["label", *words, "--json"]) == 0
        documents.append(json.loads(capsys.readouterr().out))
    office.fill(sheet, {"h": {"new_origin": "human"}})
    assert main(["label", "import", str(sheet), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [document["schema"] for document in documents] == [f"heirloom/label-{name}/1" for name in ("queue", "export", "history")]
    assert (documents[0]["rows"], documents[0]["by_why"]["says human, 1 sign of machine text"]) == (2, 1)
    assert (answer["changed"], answer["rows"], answer["open"], answer["by"], answer["seq"]) == (True, 1, 1, "steward-a", 2)


def test_a_wrong_line_is_exit_2_by_number_and_a_row_that_nobody_knows_too(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = office.root.parent / "sheet.csv"
    main(["label", "export", str(sheet)])
    office.fill(sheet, {"h": {"new_origin": "AI"}})
    assert main(["label", "import", str(sheet)]) == 2
    assert "line 2: 'AI' is no origin" in capsys.readouterr().err
    assert main(["label", "history", "ghost"]) == 2


def test_the_share_before_and_after_is_shown_with_its_cap() -> None:
    assert shift_line(SHIFT) == " In the mix at hand the synthetic share would go 33.7 % -> 33.8 %, still under 35 %."
    assert Shift(rows=1, counted=350, total=1000, counted_after=351, total_after=1000, cap_percent=35).over
