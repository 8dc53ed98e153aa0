"""Every deliberate error is one of ours, or says that a value cannot be, or that we have a bug."""

import ast
from collections.abc import Iterator
from pathlib import Path

from governance import errors

ROOT = Path(__file__).parents[2]
OURS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.GovernanceError)}
VALUE, BUG, INTERRUPT = "ValueError", {"TypeError", "KeyError"}, "KeyboardInterrupt"


def raises(path: Path) -> Iterator[tuple[str, str, str]]:
    """(where, name of the function, name of the error) of every `raise X(...)` or `raise X`."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, str, str]]:
        for inner in ast.iter_child_nodes(node):
            named = inner.name if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) else function
            if isinstance(inner, ast.Raise) and inner.exc is not None:
                kind = inner.exc.func if isinstance(inner.exc, ast.Call) else inner.exc
                yield f"{path.relative_to(ROOT).as_posix()}:{inner.lineno}", named, ast.unparse(kind)
            yield from walk(inner, named)

    yield from walk(ast.parse(path.read_text()), "")


FOUND = [
    found
    for package in ("governance", "schemas", "flows", "cli")
    for path in sorted((ROOT / package).rglob("*.py"))
    for found in raises(path)
]


def test_no_error_is_raised_that_the_command_line_would_show_as_a_traceback():
    foreign = [found for found in FOUND if found[2] not in OURS | BUG | {VALUE, INTERRUPT} and found[2][:1].isupper()]
    assert foreign == []


def test_a_base_class_is_never_raised_itself():
    assert [found for found in FOUND if found[2] in {"GovernanceError", "Exception"}] == []


def test_the_command_line_raises_only_ours_and_the_flows_raise_no_bug():
    told = [found for found in FOUND if found[0].startswith("cli/") and found[2] in {VALUE, *BUG}]
    assert told + [found for found in FOUND if found[0].startswith("flows/") and found[2] in BUG] == []


def test_our_errors_are_raised_somewhere():
    assert OURS - {"GovernanceError"} <= {found[2] for found in FOUND}
