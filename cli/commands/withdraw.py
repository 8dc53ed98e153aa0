"""`heirloom withdraw`: somebody asks for their text out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import Common
from cli.outcome import Outcome

if TYPE_CHECKING:
    from flows.withdraw import Withdrawn
    from governance.release.state import State


def command(*rows: str, reason: str, file: Path | None = None, common: Common | None = None) -> Outcome:
    """Bar rows from every later mix, take them out of kept rows, and say which releases were trained on them.

    What was made from such a row, and the same text under another id, is barred with it. Weights forget nothing.

    Parameters
    ----------
    rows
        Ids of rows.
    reason
        Why, for whoever has to answer for it. It is recorded, and never what the text says.
    file
        A file with one id a line, beside or in place of those on the command line.
    """
    from cli.learnt import learnt_document
    from cli.shop import shop_of
    from flows.finish import release_desk
    from flows.withdraw import ids_in, withdraw
    from governance.actions.canary import show_canary
    from governance.adapters.lock import hold

    shop = shop_of(common)
    ids = [*rows, *(ids_in(file) if file else [])]
    with hold(shop.workspace.lock, "withdraw", shop.clock):
        canary = shop.ledger.state().canaries.standing
        done = withdraw(shop, ids, reason)
        if canary is not None and shop.ledger.state().canaries.standing is None:
            show_canary(release_desk(shop))
    counts = {"rows": done.rows, "already": done.already, "kept_files": done.kept_files}
    document: dict[str, Any] = {"changed": done.changed, **counts}
    document |= {"withdrawal": done.withdrawal.document(), "learnt": learnt_document(done.learnt)}
    return Outcome(command="withdraw", lines=withdrawn_lines(done, shop.ledger.state()), document=document)


def withdrawn_lines(done: "Withdrawn", state: "State") -> list[str]:
    """What was barred, where it was taken out, and where it still is."""
    from cli.learnt import learnt_lines, shard_lines

    if not done.changed:
        head = "Withdrawn before: nothing was changed."
    else:
        before = f", {done.already:,} had been withdrawn before" if done.already else ""
        words = "row is" if done.rows == 1 else "rows are"
        head = f"{done.rows:,} {words} barred from every later mix, ledger {done.withdrawal.seq}{before}."
    lines = [head, *learnt_lines(done.learnt, state)]
    if done.learnt.trained or done.learnt.perhaps:
        lines.append(" Weights forget nothing: only a release that comes from none of these is without it.")
    if done.kept_files:
        lines.append(f" Taken out of the kept rows of {done.kept_files} cycle{'' if done.kept_files == 1 else 's'}.")
    lines += shard_lines(done.learnt)
    return [*lines, " Not deleted here: its text in the inbox, in cycle/, in DVC's cache and remote, and in backups."]
