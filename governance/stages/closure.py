"""Which of our own modules a stage's answer depends on, and one digest over what they do (not over what they say).

Comments and docstrings do not count, so that a better sentence does not repeat a training. Imports inside functions count.
"""

import ast
import hashlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

OURS = ("governance", "schemas")


def closure(modules: Iterable[str]) -> tuple[str, ...]:
    """Every module of ours that these modules import, directly or not, themselves included; a package stands for all modules in it."""
    found: set[str] = set()
    waiting = [inner for name in modules for inner in _members(name)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imports(name))
    return tuple(sorted(found))


def code_digest(modules: Iterable[str]) -> str:
    """The sha256 over the syntax trees of modules, in order of name, without comments and docstrings."""
    seen = hashlib.sha256()
    for name in sorted(modules):
        seen.update(f"{name} {_tree_digest(name)}\n".encode())
    return seen.hexdigest()


def _members(name: str) -> Iterator[str]:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise TypeError(f"a stage names the module {name}, which does not exist")
    yield name
    for place in spec.submodule_search_locations or ():
        for inner in pkgutil.walk_packages([place], prefix=f"{name}."):
            yield inner.name


def _file(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _tree(name: str) -> ast.Module | None:
    path = _file(name)
    return ast.parse(path.read_text(encoding="utf-8")) if path else None


@cache
def _imports(name: str) -> tuple[str, ...]:
    tree = _tree(name)
    if tree is None:
        return ()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    ours = {parent for n in names if n.split(".")[0] in OURS for parent in _with_parents(n)}
    return tuple(sorted(n for n in ours if _file(n)))


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


@cache
def _tree_digest(name: str) -> str:
    tree = _tree(name)
    if tree is None:
        return "-"
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _opens_with_words(body):
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _opens_with_words(body: object) -> bool:
    first = body[0] if isinstance(body, list) and body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
