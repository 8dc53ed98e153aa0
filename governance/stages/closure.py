"""Which of our own modules a stage's answer depends on, and one digest over what they do (not over what they say).

Comments and docstrings do not count, so that a better sentence does not repeat a training. Imports inside functions count.
"""

import ast
import hashlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OURS = ("governance", "schemas")


def closure(modules: Iterable[str], ours: tuple[str, ...] = OURS) -> tuple[str, ...]:
    """Every module of ours that these modules import, directly or not, themselves included; a package stands for all modules in it."""
    found: set[str] = set()
    waiting = [inner for name in modules for inner in _members(name)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imports(name, ours))
    return tuple(sorted(found))


def code_digest(modules: Iterable[str]) -> str:
    """The sha256 over the syntax trees of modules, in order of name, without comments and docstrings."""
    seen = hashlib.sha256()
    for name in sorted(modules):
        source = _source(name)
        seen.update(f"{name} {source.digest if source else '-'}\n".encode())
    return seen.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What one file says: the modules that it may import, and the digest of what it does."""

    imports: tuple[str, ...]
    digest: str


def _members(name: str) -> Iterator[str]:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise TypeError(f"a stage names the module {name}, which does not exist")
    yield name
    for place in spec.submodule_search_locations or ():
        for inner in pkgutil.walk_packages([place], prefix=f"{name}."):
            yield inner.name


def _imports(name: str, ours: tuple[str, ...]) -> tuple[str, ...]:
    source = _source(name)
    if source is None:
        return ()
    wanted = {parent for n in source.imports if n.split(".")[0] in ours for parent in _with_parents(n)}
    return tuple(sorted(n for n in wanted if _file(n)))


def _source(name: str) -> _Source | None:
    path = _file(name)
    if path is None:
        return None
    stat = path.stat()
    return _parsed(path, stat.st_mtime_ns, stat.st_size)


def _file(name: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _parsed(path: Path, _modified: int, _size: int) -> _Source:
    """Read once for each state of the file: a process that serves for weeks sees an edit."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return _Source(imports=tuple(sorted(names)), digest=_tree_digest(tree))


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """The module and every statement in it, at any depth: one node in thirteen, for imports and docstrings stand nowhere else."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting.extend(getattr(node, part, ()))


def _tree_digest(tree: ast.Module) -> str:
    for node in _statements(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _opens_with_words(body):
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _opens_with_words(body: object) -> bool:
    first = body[0] if isinstance(body, list) and body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
