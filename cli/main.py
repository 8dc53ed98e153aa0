"""The `heirloom` command: one file per command in cli/commands. Nothing heavy is imported before a command runs."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from cyclopts import App, CycloptsError, Parameter

from cli.outcome import BUG, INTERRUPTED, USAGE, Outcome, complain, print_json, say
from governance.errors import GovernanceError

GROUPS = {
    "Every cycle": ("plan", "power", "retrain", "synthesize", "trend", "advise", "status", "history"),
    "Decide": (
        *("baseline", "shadow", "tasks", "review", "approve", "reject", "label", "withdraw", "side_by_side"),
        *("promote", "canary", "rollback", "note", "freeze", "unfreeze"),
    ),
    "Prove and mend": (
        *("trace", "provenance", "audit", "verify", "ledger", "book", "desk", "evidence"),
        *("reconcile", "recover", "doctor", "drill"),
    ),
    "Set up and run": ("init", "adopt", "serve", "infra", "stage", "dvc_yaml"),
}
"""The commands of this version, in the order of `heirloom --help`."""


def build() -> App:
    """The application with all its commands; each module in cli/commands defines `command`, an App or a function."""
    app = App(
        name="heirloom",
        help="Governed retraining of language models: what a model was trained on, whether its tails are alive, who let it out.",
        version=_version,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=()),
    )
    for group, names in GROUPS.items():
        for name in names:
            module = import_module(f"cli.commands.{name}")
            if isinstance(module.command, App):
                app.command(module.command)
            else:
                app.command(module.command, name=name.replace("_", "-"), group=group)
    return app


def main(tokens: Sequence[str] | None = None, app: App | None = None) -> int:
    """Run one command, of our own application unless another is brought; the only place that catches everything. Returns the exit code."""
    asked = list(sys.argv[1:] if tokens is None else tokens)
    as_json = "--json" in asked
    try:
        return _answer((app or build())(asked, exit_on_error=False, print_error=False), as_json=as_json)
    except CycloptsError as error:
        return _complain(str(error), USAGE, as_json=as_json, kind="UsageError")
    except GovernanceError as error:
        return _complain(str(error), error.exit_code, as_json=as_json, kind=type(error).__name__)
    except KeyboardInterrupt:
        return _complain("interrupted; the same command goes on where this one stopped", INTERRUPTED, as_json=as_json, kind="Interrupted")
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - the reader has gone; nothing more can be said
        return BUG
    except Exception as error:  # noqa: BLE001 - ours to mend: a program is told the code and the kind, a person reads where it happened
        traceback.print_exc()
        said = "a fault of heirloom itself; stderr says where it happened"
        return _complain(said, BUG, as_json=as_json, kind=type(error).__name__)


def run() -> None:
    """The console script. A stage that a run's DVC starts is forked from that run's server, which has imported what stages need."""
    sys.exit(_forked() if sys.argv[1:3] == ["stage", "run"] else main())


def _forked() -> int:
    from governance.adapters.fork_server import PLACE, Program, forked

    program = Program(main="cli.main:main", cold=(sys.argv[0],))
    environment = {name: value for name, value in os.environ.items() if name != PLACE}
    code = forked(program, sys.argv[1:], environment=environment, places=(0, 1, 2))
    return main() if code is None else code


def _answer(result: object, *, as_json: bool) -> int:
    if isinstance(result, Outcome):
        return say(result, as_json=as_json)
    return 0


def _complain(message: str, code: int, *, as_json: bool, kind: str) -> int:
    if as_json:
        print_json({"schema": "heirloom/error/1", "code": code, "kind": kind, "message": message})
        return code
    return complain(message, code)


def _version() -> str:
    from importlib.metadata import version

    return version("heirloom-governance")
