"""Plain text, Markdown and HTML files as rows: a file is a row, its path is its id, its first folder its slice.

Nothing says who wrote a file, so its origin is unknown. A date is taken from where its publisher puts one (the front matter of Markdown,
the meta elements of HTML) and never from the file system, which knows when a file was copied.
"""

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path

import polars as pl

from governance.adapters.batch.chunk import CHUNK_BYTES, CHUNK_ROWS
from governance.adapters.corpus.files import CorpusFiles
from governance.provenance.claims import claims, raw_schema
from governance.provenance.mapping import ColumnMapping
from governance.provenance.row import Origin
from governance.provenance.unread import LINE_TOO_LONG, NOT_HTML, NOT_OPENED, NOT_UTF8

MAPPING = ColumnMapping.from_document(
    {"row_id": "path", "text": "text", "origin": {"constant": Origin.UNKNOWN.value}, "vintage": "date", "slice": "folder"}
)
_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)\s*\n(.{0,20000}?)\n\1\s*\n", re.DOTALL)
_DATE_LINE = re.compile(r"^(?:date|published|publishdate|created)\s*[:=]\s*[\"']?([^\"'\n]{4,40}?)[\"']?\s*$", re.IGNORECASE | re.MULTILINE)
_DATE_NAMES = frozenset(
    {"article:published_time", "datepublished", "date", "dc.date", "dcterms.date", "dcterms.created", "pubdate", "publish-date"}
)
_SILENT = frozenset({"script", "style", "head", "template", "noscript"})
_BLOCKS = frozenset(
    {"p", "br", "li", "div", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "dt", "dd", "blockquote", "section", "article"}
)
_Row = tuple[int, str | None, str | None, str | None, str, str, str | None]


def documents(files: CorpusFiles, max_row_bytes: int) -> Iterator[tuple[pl.DataFrame, int]]:
    """(claims, bytes of their files) of runs of documents, in order of path."""
    run: list[_Row] = []
    held = 0
    for path in files.documents:
        run.append(_row(path, files.name(path), max_row_bytes))
        held += path.stat().st_size
        if len(run) >= CHUNK_ROWS or held >= CHUNK_BYTES:
            yield _claims(run), held
            run, held = [], 0
    if run:
        yield _claims(run), held


def _claims(run: Sequence[_Row]) -> pl.DataFrame:
    names = list(raw_schema(MAPPING))
    order = ("line", "unread", "unread_found", "one:date", "one:folder", "one:path", "one:text")
    raw = pl.DataFrame(run, schema=dict.fromkeys(order, pl.String()) | {"line": pl.Int64()}, orient="row").select(names)
    return claims(raw, MAPPING, "").with_columns(pl.col("row_id").alias("source_file"))


def _row(path: Path, name: str, max_row_bytes: int) -> _Row:
    folder = name.partition("/")[0] if "/" in name else ""
    size = path.stat().st_size
    if size > max_row_bytes:
        return 1, LINE_TOO_LONG, f"{size} bytes in one document", None, folder, name, None
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return 1, NOT_OPENED, str(error.strerror), None, folder, name, None
    except UnicodeDecodeError as error:
        return 1, NOT_UTF8, f"byte 0x{error.object[error.start]:02x} after {error.start} bytes", None, folder, name, None
    try:
        text, date = _read(content, path.suffix.lower())
    except AssertionError as error:  # what the standard library's parser raises on a declaration that is none
        return 1, NOT_HTML, str(error)[:80].splitlines()[0], None, folder, name, None
    return 1, None, None, date, folder, name, text


def _read(content: str, ending: str) -> tuple[str, str | None]:
    """(text without its frame, date as its publisher wrote it)."""
    if ending in {".html", ".htm"}:
        return _page(content)
    front = _FRONT_MATTER.match(content) if ending in {".md", ".markdown"} else None
    if front is None:
        return content, None
    dated = _DATE_LINE.search(front[2])
    return content[front.end() :], dated[1].strip() if dated else None


def _page(content: str) -> tuple[str, str | None]:
    page = _Page()
    page.feed(content)
    page.close()
    return "".join(page.parts).strip(), page.date


class _Page(HTMLParser):
    """The visible text of a page and the date that it gives itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.date: str | None = None
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = (given.get("property") or given.get("name") or given.get("itemprop") or "").lower()
        if tag == "meta" and name in _DATE_NAMES and self.date is None:
            self.date = given.get("content")
        if tag in _SILENT:
            self._silent.append(tag)
        if tag == "body":
            self._silent.clear()
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
