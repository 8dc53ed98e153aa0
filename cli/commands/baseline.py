"""`heirloom baseline`: what candidates are measured against, and the act of two people that moves it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from cli.options import Common
from cli.outcome import DONE, WAITING, Outcome, plain

if TYPE_CHECKING:
    from governance.release.baseline_proposal import BaselineProposal
    from governance.release.state import State

command = App(name="baseline", group="Decide", help="What candidates are measured against; moving it takes two people and evidence.")


@command.default
def show(*, common: Common | None = None) -> Outcome:
    """Show the baseline, the original one, the sealed shard and an open proposal."""
    from cli.shop import shop_of

    state = shop_of(common).ledger.state()
    lines = [f"Baseline: {_name(state.baseline)}; original: {_name(state.original_baseline)}."]
    lines.append(f" sealed shard   {state.sealed[:16]}" if state.sealed else " sealed shard   none: heirloom baseline seal FILE")
    if state.proposal is not None:
        lines += [*proposal_lines(state.proposal), 'Next: heirloom baseline approve --reason "..."']
    return Outcome(command="baseline", lines=lines, document=_document(state))


@command.command
def seal(file: Path, *, common: Common | None = None) -> Outcome:
    """Pin a second shard of human documents that nothing else holds; it is read for a proposal and for nothing else.

    Parameters
    ----------
    file
        A Parquet file of rows: row_id, text, origin, and source_id where rows were cut from a document.
    """
    from cli.shop import shop_of
    from flows.baseline import seal as sealed

    found = sealed(shop_of(common), file)
    words = "Sealed" if found.changed else "Sealed before, and unchanged"
    return Outcome(command="baseline-seal", lines=[f"{words}: {found.documents:,} documents, {found.sha256[:16]}."], document=asdict(found))


@command.command
def propose(version: int, *, control: int, reason: str, common: Common | None = None) -> Outcome:
    """Propose another baseline: it, the control and the baseline of now are scored on the sealed shard.

    Refused where the human-only control does not show the same shift.

    Parameters
    ----------
    version
        A release that served and may serve.
    control
        A registered human-only version, of the same budget and start as the release.
    reason
        Why candidates shall be measured against another release.
    """
    from cli.shop import shop_of
    from flows.baseline import propose as proposed

    found = proposed(shop_of(common), version, control, reason)
    lines = [*proposal_lines(found), 'Next: two other people: heirloom baseline approve --reason "..."']
    return Outcome(command="baseline-propose", lines=lines, document=asdict(found), code=WAITING)


@command.command
def approve(*, reason: str, common: Common | None = None) -> Outcome:
    """Approve the open proposal; the second person's approval moves the baseline.

    Parameters
    ----------
    reason
        What was looked at.
    """
    from cli.shop import shop_of
    from flows.baseline import approve as approved

    shop = shop_of(common)
    found = approved(shop, reason)
    state = shop.ledger.state()
    lines = [f"Approved by {plain(found.by)}. {found.missing} more needed."]
    if not found.missing:
        lines.append(
            f"Candidates are measured against {_name(state.baseline)}; the original baseline stays {_name(state.original_baseline)}."
        )
    document = {"by": found.by, "missing": found.missing, **_document(state)}
    return Outcome(command="baseline-approve", lines=lines, document=document, code=WAITING if found.missing else DONE)


def proposal_lines(found: "BaselineProposal") -> list[str]:
    """What is proposed, by whom, why, and what the sealed shard says."""
    lines = [f"Proposed by {plain(found.by)}, ledger {found.seq}: release {found.version} instead of {found.left}. {plain(found.reason)}"]
    for name, words in (
        ("proposed", "release against the baseline"),
        ("control", f"human-only control {found.control} against the baseline"),
        ("proposed_against_control", "release against the control"),
    ):
        one = found.evidence[name]
        interval = plain(f"[{100 * one['low']:+.1f}, {100 * one['high']:+.1f}]")
        lines.append(f"   {words:<44} {100 * one['change']:+.1f} % {interval}, {one['n']} sealed documents")
    approved = ", ".join(found.approved_by) or "nobody yet"
    return [*lines, f" Approved by {plain(approved)}."]


def _name(version: int | None) -> str:
    return "none" if version is None else f"release {version}"


def _document(state: "State") -> dict[str, object]:
    return {
        "baseline": state.baseline,
        "original": state.original_baseline,
        "sealed_sha256": state.sealed,
        "proposal": asdict(state.proposal) if state.proposal else None,
    }
