"""`heirloom evidence`: one file about a release that an auditor verifies without this program."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.options import Common
from cli.outcome import Outcome, plain


def command(version: int, *, out: Path, with_text: bool = False, common: Annotated[Common | None, Parameter(show=True)] = None) -> Outcome:
    """Write ledger, approvals, policy, rows, scores and batches of a version into one zip, with the program that verifies it.

    Parameters
    ----------
    version
        The number of the version.
    out
        The file to write; it must not be there yet.
    with_text
        Add the texts of rows and samples. Without it there are only their sha256.
    """
    from cli.shop import shop_of
    from flows.evidence import write_evidence

    found = write_evidence(shop_of(common), version, out.absolute(), with_text=with_text)
    written, release = found.written, found.release
    rows = "mix not kept" if found.rows is None else f"1 mix ({found.rows:,} rows with hash, source and generator)"
    lines = [
        f"Written: {plain(out)}, {written.size:,} bytes, sha256 {written.sha256[:16]}.",
        f" 1 model {release.checkpoint[:16]} · {rows} · {_count(found.approvals, 'approval')} · {_count(found.events, 'ledger event')}",
        *(f" Not in it: {plain(said)}." for said in written.lacking),
        f"Next, by whoever checks it: python3 -I verify.py {plain(out.name)} --signers allowed_signers",
    ]
    document = {
        "version": version,
        "file": str(written.path),
        "sha256": written.sha256,
        "bytes": written.size,
        "files": list(written.files),
        "not_in_it": list(written.lacking),
    }
    return Outcome(command="evidence", lines=lines, document=document)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
