"""`heirloom rollback`: an earlier release serves again. Needs no Prefect, no approval and no working registry."""

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from cli.options import Common
from cli.outcome import DONE, Outcome, plain
from governance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.actions.outcomes import RollbackOutcome
    from governance.actions.release_desk import ReleaseDesk
    from governance.release.history import Move


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
        _ask(rollback(desk, to, reason, dry_run=True), desk)
    outcome = rollback(desk, to, reason, dry_run=dry_run)
    seconds = round(time.monotonic() - started, 1)
    lines = rollback_lines(outcome, seconds, desk.model)
    return Outcome(command="rollback", lines=lines, document={"model": desk.model, **asdict(outcome), "seconds": seconds}, code=DONE)


def _ask(planned: "RollbackOutcome", desk: "ReleaseDesk") -> None:
    from governance.release.history import history

    if planned.version == planned.previous:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to confirm", fix="heirloom rollback --yes")
    sys.stderr.write("".join(f"{line}\n" for line in asked_lines(planned, desk.model, history(desk.ledger.events()))))
    sys.stderr.write("Continue? [Y/n] ")
    if sys.stdin.readline().strip().lower() not in ("", "y", "yes"):
        raise KeyboardInterrupt


def asked_lines(planned: "RollbackOutcome", model: str, moves: "Sequence[Move]") -> list[str]:
    """Where it would go, by whose word that release was let out, and what was proved of it."""
    from cli.shop import when

    since = f" (since {when(moves[0].at)})" if moves and moves[0].champion == planned.previous else ""
    let_out = next((move for move in moves if move.champion == planned.version and move.how != "rollback"), None)
    word = f"{'adopted' if let_out.how == 'adoption' else 'promoted'} by {let_out.who} {when(let_out.at)}, " if let_out else ""
    said = f"{model} champion is {planned.previous}{since}. Going back to {planned.version}: {word}{planned.verified_files} files verified."
    return [said, *_ancestry_lines(planned)]


def _ancestry_lines(outcome: "RollbackOutcome") -> list[str]:
    """What was passed over because of what it comes from, and that the release gone to comes from such a one itself."""
    from cli.recalled import way_words

    lines = [f" Passed over, because it descends from a recalled release: {version}." for version in outcome.passed_over]
    if way := outcome.descends_from:
        lines.append(f" Look at: {way[0]} descends from {way[-1]}, which was recalled ({way_words(way)}); it was named.")
    return lines


def _quarantine_lines(outcome: "RollbackOutcome") -> list[str]:
    """What is barred from now on, and what descends from it."""
    from cli.recalled import descendant_words

    if outcome.quarantined is None:
        return []
    found = descendant_words(outcome.descendants) if outcome.descendants else ""
    return [
        f" {outcome.quarantined} is quarantined: it can not be promoted again, and its outputs are barred from future mixes.",
        *([f" From it descend {found}: heirloom trace {outcome.quarantined} --descendants"] if found else []),
    ]


def rollback_lines(outcome: "RollbackOutcome", seconds: float, model: str) -> list[str]:
    """A rollback in words: where it went, what was proved, what comes next."""
    skipped = f" Skipped: {', '.join(map(str, outcome.skipped))}." if outcome.skipped else ""
    if outcome.dry_run:
        trouble = [f" To be restored first: {plain(p)}" for p in outcome.problems]
        trouble += _ancestry_lines(outcome)
        return [f"Would go from {outcome.previous} to {outcome.version}.{skipped} Nothing was changed.", *trouble]
    if not outcome.changed:
        return [f"Release {outcome.version} serves already. Nothing was changed."]
    lines = [f"Champion {outcome.previous} -> {outcome.version}: {outcome.verified_files} files verified.{skipped}"]
    if outcome.restored_from:
        lines.append(f" Restored from {plain(outcome.restored_from)}; every byte was hashed.")
    lines += [f" {plain(note)}" for note in outcome.notes]
    if outcome.degraded:
        lines.append(" The registry page still shows the old champion: heirloom reconcile puts it right when the registry is back.")
    lines += [*_ancestry_lines(outcome), *_quarantine_lines(outcome)]
    if outcome.frozen:
        lines.append(f" Scheduled retraining of {plain(model)} is frozen until: heirloom unfreeze")
    return [*lines, f"Done in {seconds} s, ledger {outcome.seq}.", f'Say why when you are awake: heirloom note {outcome.seq} "..."']
