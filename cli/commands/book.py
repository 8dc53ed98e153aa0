"""`heirloom book build`: the whole line as pages that need no server."""

from pathlib import Path

from cyclopts import App

from cli.options import Common
from cli.outcome import Outcome, plain

command = App(name="book", group="Prove and mend", help="The line as a folder of pages: no server, no script.")


@command.command
def build(folder: Path = Path("book"), *, common: Common | None = None) -> Outcome:
    """Write trend, versions, ancestry, decisions, labels and ledger as pages that open from a disk. Nothing is recorded.

    The same ledger gives the same pages. An older book in the folder is replaced; anything else in it is left alone and refused.

    Parameters
    ----------
    folder
        Where to write it.
    """
    from cli.shop import shop_of
    from flows.book import build_book

    bound = build_book(shop_of(common), folder.absolute())
    lines = [f"Written: {plain(folder / bound.index.name)}, {bound.pages} pages from ledger entry {bound.seq} ({bound.head[:16]})."]
    if bound.not_kept:
        lines.append(f" No report was kept of version {', '.join(map(str, bound.not_kept))}.")
    document = {
        "index": str(bound.index),
        "pages": bound.pages,
        "bytes": bound.size,
        "ledger": {"seq": bound.seq, "head": bound.head},
        "reports_not_kept": list(bound.not_kept),
    }
    return Outcome(command="book-build", lines=lines, document=document)
