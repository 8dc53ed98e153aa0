"""The files of a store: tables of rows through the batch readers, single documents as text; what is neither is counted, never ignored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.batch.files import READERS
from governance.errors import BatchError

DOCUMENTS = (".txt", ".md", ".markdown", ".html", ".htm")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusFiles:
    """`tables` and `documents` are paths below `root` in order of name; `passed_over` counts other files by ending, and links."""

    root: Path
    tables: tuple[Path, ...]
    documents: tuple[Path, ...]
    passed_over: Mapping[str, int]

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in (*self.tables, *self.documents))

    def name(self, path: Path) -> str:
        """The path inside the corpus."""
        return path.relative_to(self.root).as_posix() if path != self.root else path.name


def corpus_files(place: Path) -> CorpusFiles:
    """The files of a corpus: one file, or all below a folder. Hidden names are passed over, and no link is followed.

    Raises: BatchError where there is nothing to read.
    """
    if place.is_symlink() or not place.exists():
        said = "is a symbolic link" if place.is_symlink() else "is missing"
        raise BatchError(said, where=str(place), expected="a file or a folder of files")
    tables, documents, other = [], [], dict[str, int]()
    for path in _below(place):
        kind = _kind(path)
        if kind == "table":
            tables.append(path)
        elif kind == "document":
            documents.append(path)
        else:
            other[kind] = other.get(kind, 0) + 1
    if not tables and not documents:
        expected = ", ".join((*READERS, *DOCUMENTS))
        raise BatchError("holds no file that can be read", where=str(place), expected=f"files ending in {expected}", examples=sorted(other))
    root = place if place.is_dir() else place.parent
    return CorpusFiles(root=root, tables=tuple(tables), documents=tuple(documents), passed_over=dict(sorted(other.items())))


def _below(place: Path) -> Iterator[Path]:
    if not place.is_dir() or place.is_symlink():
        yield place
        return
    for path in sorted(place.iterdir()):
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from _below(path)
        elif not path.is_dir() or path.is_symlink():
            yield path


def _kind(path: Path) -> str:
    """`table`, `document`, or the class under which a file that is neither is counted."""
    if path.is_symlink():
        return "symbolic link"
    if not path.is_file():
        return "no plain file"
    name = path.name.lower()
    if name.startswith(".") or not path.name.isprintable():
        return "hidden or unprintable name"
    if name.endswith(tuple(READERS)):
        return "table"
    if name.endswith(DOCUMENTS):
        return "document"
    return path.suffix.lower()[:20] or "no ending"
