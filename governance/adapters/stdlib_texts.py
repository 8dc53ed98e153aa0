"""The human text that comes with every Python: the language reference and the docstrings of the standard library."""

import ast
import re
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = frozenset(
    {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "pydoc_data", "turtledemo", "ensurepip", "__pycache__"}
)
SHORTEST, SHORT_PIECE, LONG_PIECE, LONGEST = 80, 200, 900, 1500
"""Characters: a docstring worth a row; pieces of a cut text; a docstring that is cut."""

SLICES = {
    "asynchrony": "asyncio concurrent multiprocessing threading queue sched selectors signal subprocess asyncore asynchat _threading_local",
    "email": "email imaplib mailbox mailcap nntplib poplib smtplib smtpd mimetypes quopri uu",
    "web": "cgi cgitb ftplib http socket socketserver ssl telnetlib urllib webbrowser wsgiref xmlrpc ipaddress html",
    "xml-and-records": "xml json csv plistlib configparser sqlite3 dbm shelve pickle pickletools copyreg tomllib netrc xdrlib zoneinfo",
    "windows-and-turtles": "tkinter turtle curses",
    "packaging": "distutils importlib imp pkgutil zipimport zipapp venv runpy modulefinder site sysconfig compileall py_compile",
    "numbers": "_pydecimal decimal fractions statistics random numbers datetime calendar _strptime uuid operator bisect heapq",
    "language": "ast dis inspect typing types abc dataclasses enum collections _collections_abc contextlib functools weakref copy code "
    "codeop symtable tokenize opcode keyword traceback linecache _py_abc graphlib reprlib __future__",
    "text": "encodings codecs difflib re string stringprep textwrap locale gettext pprint fnmatch tabnanny",
    "files": "_pyio io os pathlib shutil tarfile zipfile gzip bz2 lzma tempfile glob fileinput filecmp stat ntpath posixpath base64",
    "testing": "unittest doctest bdb pdb profile pstats trace tracemalloc timeit cProfile",
}
"""Slice -> top-level modules; what is named nowhere is in `tools`, the language reference is `reference`."""

SLICE_OF = {module: name for name, modules in SLICES.items() for module in modules.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text with a stable id, the document that it was cut from, its slice and its top-level module (or topic)."""

    row_id: str
    source_id: str
    text: str
    slice: str
    module: str
    tier: str


def documents(stdlib: Path | None = None) -> list[Document]:
    """Every document, by id; a function of the Python release alone. Texts with lone surrogates are left out."""
    folder = stdlib or Path(sysconfig.get_paths()["stdlib"])
    found = {d.row_id: d for d in (*_reference(), *_docstrings(folder)) if _encodable(d.text)}
    return [found[name] for name in sorted(found)]


def cut(text: str) -> list[str]:
    """Pieces of whole paragraphs of 200 to 900 characters; a longer paragraph is cut between lines, a short rest joins the last piece.

    Nothing but white space is lost between pieces.
    """
    pieces: list[str] = []
    for part in _parts(text):
        if pieces and (len(pieces[-1]) < SHORT_PIECE or len(pieces[-1]) + len(part) + 2 <= LONG_PIECE // 2):
            pieces[-1] = f"{pieces[-1]}\n\n{part}"
        else:
            pieces.append(part)
    if len(pieces) > 1 and len(pieces[-1]) < SHORT_PIECE:
        pieces[-2:] = [f"{pieces[-2]}\n\n{pieces[-1]}"]
    return pieces


def _parts(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        part: list[str] = []
        for line in paragraph.rstrip().splitlines():
            if part and sum(map(len, part)) + len(line) > LONG_PIECE - SHORT_PIECE:
                yield "\n".join(part)
                part = []
            part.append(line.rstrip())
        yield "\n".join(part)


def _reference() -> Iterator[Document]:
    from pydoc_data import topics

    for topic, text in sorted(topics.topics.items()):
        for number, piece in enumerate(cut(text), start=1):
            name = f"ref-{topic}"
            yield Document(row_id=f"{name}-{number}", source_id=name, text=piece, slice="reference", module=name, tier="reference")


def _docstrings(stdlib: Path) -> Iterator[Document]:
    for path in sorted(stdlib.rglob("*.py")):
        inside = path.relative_to(stdlib)
        if LEFT_OUT.intersection(inside.parts[:-1]) or inside.parts[0].startswith("config-"):
            continue
        module = ".".join(part for part in inside.with_suffix("").parts if part != "__init__")
        for name, text in _named_docstrings(path, module):
            yield from _document(name, text, module.split(".")[0])


def _document(name: str, text: str, module: str) -> Iterator[Document]:
    pieces = cut(text) if len(text) > LONGEST else [text]
    for number, piece in enumerate(pieces, start=1):
        row_id = f"py-{name}" if len(pieces) == 1 else f"py-{name}-{number}"
        part = SLICE_OF.get(module, "tools")
        yield Document(row_id=row_id, source_id=f"py-{name}", text=piece, slice=part, module=module, tier="stdlib")


def _named_docstrings(path: Path, module: str) -> Iterator[tuple[str, str]]:
    """(dotted name, docstring) of a module, its classes and their functions; nothing for a file that does not parse, such as a template."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    waiting: list[tuple[str, ast.AST]] = [(module, tree)]
    while waiting:
        name, node = waiting.pop()
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = (ast.get_docstring(node) or "").strip()
            if len(text) >= SHORTEST:
                yield name, text
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                waiting.append((f"{name}.{child.name}", child))
            elif isinstance(child, ast.If | ast.Try | ast.ExceptHandler):
                waiting.append((name, child))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
