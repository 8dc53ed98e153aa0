"""`heirloom evidence`: one file about a release that an auditor verifies without this program."""

from dataclasses import asdict
from pathlib import Path

from cyclopts import App

from cli.options import Common
from cli.outcome import Outcome, plain

command = App(name="evidence", group="Prove and mend", help="A release in one file that an auditor verifies alone.")


@command.default
def write(version: int, *, out: Path, with_text: bool = False, common: Common | None = None) -> Outcome:
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


@command.command
def clauses(*, framework: str = "aisvs,nist,eu-ai-act", common: Common | None = None) -> Outcome:
    """Show which clause is answered by what in a bundle, and where nothing here answers it. No claim of conformity.

    Parameters
    ----------
    framework
        Which of aisvs, nist, eu-ai-act, with commas between.
    """
    from governance.adapters.evidence.clauses import FRAMEWORKS, clauses_of
    from governance.errors import UsageError

    del common
    names = framework.split(",")
    if unknown := [name for name in names if name not in FRAMEWORKS]:
        raise UsageError(f"{unknown[0]!r} is no framework", where="--framework", expected=", ".join(FRAMEWORKS))
    lines = []
    for one in clauses_of(names):
        lines += [f"[bold]{plain(one.framework)} {one.clause}[/bold]  {one.asks}", f"   in it: {one.answer}"]
        lines += [f"   not in it: {one.gap}"] if one.gap else []
    document = {"clauses": [asdict(one) for one in clauses_of(names)]}
    return Outcome(command="evidence-clauses", lines=lines, document=document)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
