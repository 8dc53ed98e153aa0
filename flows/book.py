"""The book of a line: gathered from the ledger and the archive, written as a folder of pages, whole or not at all. No Prefect."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from flows.finish import archive_of
from flows.generations import generations
from governance.adapters.report.book import DOCUMENT, INDEX, SCHEMA, Book, Standing, pages_of
from governance.digest import digest_bytes, swap_folder, write_bytes, write_document
from governance.errors import UsageError
from governance.release.fold import fold
from governance.wiring import Shop

REPORT = "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A book that was written: where it opens, its files, and the ledger that it was made from."""

    index: Path
    pages: int
    size: int
    seq: int
    head: str
    not_kept: tuple[int, ...]
    """Versions whose report is not in the archive."""


def build_book(shop: Shop, folder: Path) -> Bound:
    """Write the book into a folder of its own; an older book in it is replaced.

    Raises: IntegrityError where the ledger's chain is broken, UsageError where the folder holds something else.
    """
    _check_place(folder)
    book = book_of(shop)
    pages = pages_of(book)
    state = book.state
    document = {
        "schema": SCHEMA,
        "model": state.model,
        "ledger": {"seq": state.seq, "head": state.head},
        "files": {name: digest_bytes(content) for name, content in sorted(pages.items())},
    }
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for name, content in pages.items():
        write_bytes(partial / name, content)
    write_document(partial / DOCUMENT, document)
    swap_folder(partial, folder)
    return Bound(
        index=folder / INDEX,
        pages=len(pages),
        size=sum(map(len, pages.values())),
        seq=state.seq,
        head=state.head,
        not_kept=tuple(sorted(set(state.releases) - set(book.reports))),
    )


def book_of(shop: Shop) -> Book:
    """What is known of the line, its chain verified."""
    events = shop.ledger.events()
    state = fold(events)
    reports = {version: archive_of(shop, release.cycle_digest) / REPORT for version, release in state.releases.items()}
    standings = {
        one.version: {
            metric: Standing(change=found.change, low=found.low, high=found.high, left=found.left)
            for metric, found in one.standings.items()
        }
        for one in generations(shop, state)
    }
    kept = {version: path.read_bytes() for version, path in reports.items() if path.is_file()}
    return Book(state=state, events=events, standings=standings, reports=kept)


def _check_place(folder: Path) -> None:
    """Nothing but a book is ever replaced."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError("is no folder", where=str(folder), expected="a folder for the book alone")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / DOCUMENT).is_file():
        raise UsageError("holds something that is no book", where=str(folder), expected="an empty folder, a new one, or an older book")
