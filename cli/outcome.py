"""What a command answers: a few lines for a person, one document for a program, one exit code for both."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DONE, BUG, USAGE, REFUSED, INTEGRITY, CONFLICT, UNREACHABLE, WAITING, INCONCLUSIVE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 9, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer of one command. `lines` may carry rich markup made by us, never text from rows."""

    command: str
    lines: Sequence[str]
    document: Mapping[str, Any] = field(default_factory=dict)
    code: int = DONE


def say(outcome: Outcome, *, as_json: bool) -> int:
    """Print the answer to stdout and return its exit code."""
    if as_json:
        print_json({"schema": f"heirloom/{outcome.command}/1", "code": outcome.code, **outcome.document})
    else:
        print_lines(outcome.lines)
    return outcome.code


def print_json(document: Mapping[str, Any]) -> None:
    """One line of JSON on stdout."""
    sys.stdout.write(json.dumps(document, sort_keys=False, default=str) + "\n")


def print_lines(lines: Sequence[str]) -> None:
    """Lines for a person: colours on a terminal, plain text in a pipe or under NO_COLOR, never wrapped in a pipe."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    console = Console(file=sys.stdout, highlight=False, soft_wrap=not terminal)
    for line in lines:
        console.print(line)


def complain(message: str, code: int) -> int:
    """An error for a person, on stderr, without markup."""
    word = {REFUSED: "REFUSED", INTEGRITY: "INTEGRITY", CONFLICT: "CONFLICT", UNREACHABLE: "UNREACHABLE"}.get(code, "ERROR")
    sys.stderr.write(f"{word}  {message}\n  exit {code}\n")
    return code


def plain(text: object) -> str:
    """A text that came from outside, safe inside rich markup."""
    return str(text).replace("[", "\\[")
