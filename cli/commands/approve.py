"""`heirloom approve`: one person's yes, bound to what was seen and signed."""

import sys
from typing import TYPE_CHECKING

from cli.options import Common
from cli.outcome import DONE, WAITING, Outcome, plain
from governance.errors import UsageError

if TYPE_CHECKING:
    from governance.actions.outcomes import ApprovalOutcome
    from governance.actions.release_desk import ReleaseDesk
    from governance.ports.signer import Signer
    from governance.release.approval_statement import Statement
    from governance.release.terms import Terms


def command(version: int, *, reason: str = "not given", yes: bool = False, common: Common | None = None) -> Outcome:
    """Approve a candidate with your key, and promote it when it was the last approval that was missing.

    The approval holds for exactly these bytes, this evidence, this policy, this champion and this environment, until it ends, and for one
    promotion. Who asked for the run, committed the policy or labelled most of its rows may not approve it.

    Parameters
    ----------
    version
        The number of the candidate.
    reason
        What was looked at.
    yes
        Do not ask.
    """
    from cli.shop import shop_of
    from flows.approvals import terms_of
    from flows.finish import release_desk

    shop = shop_of(common)
    return approval(release_desk(shop), version, reason, terms_of(shop), shop.signer, yes=yes)


def approval(desk: "ReleaseDesk", version: int, reason: str, terms: "Terms", signer: "Signer | None", *, yes: bool) -> Outcome:
    """Show, ask, sign, record; and promote where that was the last approval that was missing."""
    from cli.commands.promote import promotion_lines
    from governance.actions.approve import approve, draft_approval
    from governance.actions.promote import promote

    drafted = draft_approval(desk, version, reason, terms)
    if not yes:
        _ask(drafted, signer)
    given = approve(desk, version, reason, terms, signer, shown=drafted)
    document = {
        "version": version,
        "by": given.by,
        "missing": given.missing,
        "ledger_seq": given.seq,
        "changed": given.changed,
        "key": given.key,
        "not_after": given.not_after,
    }
    if given.missing:
        behind = ["The registry's page does not show it yet: heirloom reconcile"] if given.degraded else []
        return Outcome(command="approve", lines=[approval_line(given), *behind], document=document, code=WAITING)
    outcome = promote(desk, version, terms)
    more, code = promotion_lines(outcome)
    promoted = {"promoted": outcome.changed, "previous": outcome.previous}
    return Outcome(command="approve", lines=[approval_line(given), *more], document={**document, **promoted}, code=code or DONE)


def approval_line(given: "ApprovalOutcome") -> str:
    """What was recorded, and what is still missing."""
    word = "Approved" if given.changed else "Was approved already"
    signed = "" if given.key else ", by name and not signed"
    return f"{word} by {plain(given.by)}{signed}, ledger {given.seq}. {given.needed - given.missing} of {given.needed} approvals."


def statement_lines(statement: "Statement", key: str) -> list[str]:
    """What is signed, for whoever signs it."""
    line, end = statement.model, (statement.not_after or "").replace("T", " ")
    left = f"{line}/{statement.expected_champion}" if statement.expected_champion is not None else "no release"
    return [
        f"You approve, as {statement.by} ({f'ssh key {key}' if key else 'by name, not signed'}):",
        f"  model     {line}/{statement.version}  {_short(statement.checkpoint)}    evidence {_short(statement.decision_sha256)}"
        f"    policy {_short(statement.policy_sha256)}",
        f"  trained   cycle {_short(statement.cycle_digest)}    for {statement.environment}    policy committer"
        f" {statement.policy_committer}",
        f"  replaces  {left} (refused if another champion is in place)    valid until {end}",
        f"  because   {statement.reason}",
    ]


def _ask(statement: "Statement", signer: "Signer | None") -> None:
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to say yes", fix=f"heirloom approve {statement.version} --yes")
    key = signer.fingerprint() if signer else ""
    sys.stderr.write("\n".join(statement_lines(statement, key)) + f"\n{'Sign' if signer else 'Approve'}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise KeyboardInterrupt


def _short(digest: str) -> str:
    return f"sha256:{digest[:8]}..{digest[-4:]}"
