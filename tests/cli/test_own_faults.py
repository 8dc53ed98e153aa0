"""What a command answers where heirloom itself is at fault: code 1 and a kind for a program, the place for a person."""

import json

import pytest
from cyclopts import App

from cli.main import main


@pytest.fixture
def broken() -> App:
    app = App(name="heirloom", result_action="return_value")

    @app.command
    def divide(*, json: bool = False) -> None:
        raise ZeroDivisionError("by nothing")

    return app


def test_a_program_reads_one_document_with_code_1_and_a_person_the_traceback(broken, capsys):
    assert main(["divide", "--json"], broken) == 1
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert (document["schema"], document["code"], document["kind"]) == ("heirloom/error/1", 1, "ZeroDivisionError")
    assert "ZeroDivisionError: by nothing" in said.err
    assert "test_own_faults.py" in said.err


def test_a_person_reads_whose_fault_it_is(broken, capsys):
    assert main(["divide"], broken) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("ERROR  a fault of heirloom itself; stderr says where it happened\n  exit 1\n")
