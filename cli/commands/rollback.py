"""`heirloom rollback`: an earlier release serves again. Needs no Prefect, no approval and no working registry."""

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from cli.options import Common
from cli.outcome import DONE, Outcome, plain
from governance.errors import UsageError

if TYPE_CHECKING:
    from governance.actions.outcomes import RollbackOutcome


def command(
    *, to: str = "previous", reason: str = "not given", dry_run: bool = False, yes: bool = False, common: Common | None = None
) -> Outcome:
    """Go back to an earlier release: every byte of it is verified before anything moves.

    Parameters
    ----------
    to
        previous, pre-synthetic, below:PERCENT (the last release before any shard exceeded that synthetic share), or a version.
    reason
        Why; it can be said later with `heirloom note`.
    dry_run
        Say where it would go, and change nothing.
    yes
        Do not ask.
    """
    from cli.shop import shop_of
    from flows.finish import release_desk
    from governance.actions.rollback import rollback

    started = time.monotonic()
    desk = release_desk(shop_of(common))
    if not (dry_run or yes):
        _ask(rollback(desk, to, reason, dry_run=True))
    outcome = rollback(desk, to, reason, dry_run=dry_run)
    seconds = round(time.monotonic() - started, 1)
    return Outcome(command="rollback", lines=rollback_lines(outcome, seconds), document={**asdict(outcome), "seconds": seconds}, code=DONE)


def _ask(planned: "RollbackOutcome") -> None:
    if planned.version == planned.previous:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to confirm", fix="heirloom rollback --yes")
    sys.stderr.write(f"Champion is {planned.previous}. Going back to {planned.version}, {planned.verified_files} files verified.\n")
    sys.stderr.write("Continue? [Y/n] ")
    if sys.stdin.readline().strip().lower() not in ("", "y", "yes"):
        raise KeyboardInterrupt


def rollback_lines(outcome: "RollbackOutcome", seconds: float) -> list[str]:
    """A rollback in words: where it went, what was proved, what comes next."""
    skipped = f" Skipped: {', '.join(map(str, outcome.skipped))}." if outcome.skipped else ""
    if outcome.dry_run:
        trouble = [f" To be restored first: {plain(p)}" for p in outcome.problems]
        return [f"Would go from {outcome.previous} to {outcome.version}.{skipped} Nothing was changed.", *trouble]
    if not outcome.changed:
        return [f"Release {outcome.version} serves already. Nothing was changed."]
    lines = [f"Champion {outcome.previous} -> {outcome.version}: {outcome.verified_files} files verified.{skipped}"]
    if outcome.restored_from:
        lines.append(f" Restored from {plain(outcome.restored_from)}; every byte was hashed.")
    lines += [f" {plain(note)}" for note in outcome.notes]
    if outcome.degraded:
        lines.append(" The registry page still shows the old champion: heirloom reconcile puts it right when the registry is back.")
    if outcome.quarantined:
        lines.append(f" {outcome.quarantined} is quarantined: it can not be promoted again.")
    if outcome.frozen:
        lines.append(" Retraining is frozen until: heirloom unfreeze")
    return [*lines, f"Done in {seconds} s, ledger {outcome.seq}.", f'Say why when you are awake: heirloom note {outcome.seq} "..."']
