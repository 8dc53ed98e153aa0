"""`heirloom --help` lists every command and imports nothing heavy; a wrong option is the caller's mistake."""

import json
import subprocess
import sys

import pytest

from cli.main import GROUPS

HEAVY = (
    *("polars", "numpy", "mlflow", "prefect", "torch", "transformers", "pandera", "great_expectations", "dvc"),
    *("fastapi", "sqlalchemy", "rich.progress", "pandas", "pyarrow"),
)
ASK = """
import io, json, sys
from contextlib import redirect_stdout
from cli.main import main
said = io.StringIO()
with redirect_stdout(said):
    main({tokens!r})
print(json.dumps({{"said": said.getvalue(), "modules": sorted(sys.modules)}}))
"""


def asked(*tokens: str) -> tuple[str, set[str]]:
    code = ASK.format(tokens=list(tokens))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["said"], set(answer["modules"])


def test_help_names_every_command():
    said, _ = asked("--help")
    for names in GROUPS.values():
        for name in names:
            assert f" {name.replace('_', '-')} " in said


def test_help_imports_no_heavy_library():
    _, modules = asked("--help")
    assert modules.isdisjoint(HEAVY)


@pytest.mark.parametrize("command", [name.replace("_", "-") for names in GROUPS.values() for name in names])
def test_the_help_of_a_command_says_what_it_does(command, capsys):
    from cli.main import main

    assert main([command, "--help"]) == 0
    assert f"heirloom {command}" in capsys.readouterr().out


def test_an_unknown_option_is_a_usage_error(capsys):
    from cli.main import main

    assert main(["status", "--force"]) == 2
    assert "--force" in capsys.readouterr().err


def test_an_unknown_command_is_a_usage_error_as_json_too(capsys):
    from cli.main import main

    assert main(["retrian", "--json"]) == 2
    answer = json.loads(capsys.readouterr().out)
    assert (answer["code"], answer["kind"]) == (2, "UsageError")
