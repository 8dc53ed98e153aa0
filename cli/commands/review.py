"""`heirloom review`: the page a reviewer decides from, in the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.approvals import poll_document, poll_lines, poll_of
from cli.laundering import laundering_lines
from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.release.state import Release
    from governance.wiring import Shop


def command(version: int, *, export: Path | None = None, common: Common | None = None) -> Outcome:
    """Show what a version was trained on, every gate with its number and limit, and who may approve it.

    Parameters
    ----------
    version
        The number of the version.
    export
        Also write every approval and refusal of it into this folder: statement, signature and DSSE envelope.
    """
    from cli.drilled import gate_lines
    from cli.shop import shop_of
    from flows.finish import archive_of
    from flows.tasks import tasks_of
    from governance.adapters.report.tasks import task_lines
    from governance.digest import read_document
    from governance.errors import RefusedError
    from governance.provenance.descent_words import depth_words, share_words
    from governance.release.state import ADOPTED
    from governance.release.views import way_back_words

    shop = shop_of(common)
    release = shop.ledger.state().releases.get(version)
    if release is None:
        known = ", ".join(map(str, shop.ledger.state().releases)) or "none"
        raise RefusedError(f"version {version} is not registered", expected=f"one of {known}")
    folder = archive_of(shop, release.cycle_digest)
    if release.kind == ADOPTED:
        return _adopted(release, folder / "report.html")
    decision, mix = read_document(folder / "decision.json"), read_document(folder / "mix.json")
    descent = release.descent
    lines = [f"Version {version}, cycle {release.cycle}: [bold]{decision['verdict']}[/bold]. {plain(decision['reason'])}"]
    lines += [f"   {g['gate']:<18} {g['against']:<9} {g['verdict']:<13} {plain(g['reason'])}" for g in decision["gates"]]
    lines += [f" Look at: {plain(one)}" for one in _watched(folder, decision)]
    tasks = tasks_of(shop, release)
    lines += [f" {plain(one)}" for one in task_lines(tasks.document)]
    if (folder / "laundering.json").is_file():
        lines += laundering_lines(read_document(folder / "laundering.json"))
    lines += [
        f" Trained on {sum(mix['tokens'].values()):,} tokens of this cycle; with its ancestors {share_words(descent.share)} synthetic,"
        f" effectively {share_words(descent.effective_share)}, depth {depth_words(descent)}.",
        f" model {release.checkpoint[:16]}  evidence {release.decision_sha256[:16]}  policy {release.policy_sha256[:16]}",
        *_registered_lines(shop, release),
        *gate_lines(shop),
        *([f" Way back: {walked}"] if (walked := way_back_words(shop.ledger.state(), version)) else []),
        f" Report: {folder / 'report.html'}",
    ]
    found, written = poll_of(shop, release), _exported(shop, version, export)
    lines += [*poll_lines(found), *(f" Exported: {plain(path)}" for path in written)]
    if release.waiting:
        lines.append(f'Next: heirloom approve {version} --reason "..."   or   heirloom reject {version} --reason "..."')
    document = {
        "version": version,
        "decision": decision,
        "tasks": tasks.document,
        "checkpoint": release.checkpoint,
        "report": str(folder / "report.html"),
    }
    more = {**poll_document(found), "exported": [str(path) for path in written]}
    return Outcome(command="review", lines=lines, document={**document, **more})


def _watched(folder: Path, decision: "Mapping[str, Any]") -> list[str]:
    """Readings that no gate decides by and that moved too far to be chance."""
    from governance.advice.watched import watched
    from governance.digest import read_document

    measures = read_document(folder / "measures.json") if (folder / "measures.json").is_file() else None
    return [one.sentence() for one in watched(measures, decision)]


def _exported(shop: "Shop", version: int, folder: Path | None) -> "tuple[Path, ...]":
    from flows.approvals import export

    return export(shop, version, folder) if folder else ()


def _registered_lines(shop: "Shop", release: "Release") -> list[str]:
    """Which attempt on its data this was, and where what it was judged by was signed before it was trained."""
    from governance.release.preregistration import SEALED, attempts_of, registered

    events = shop.ledger.events()
    attempts, event = attempts_of(events, release.cycle_digest), registered(events, release.cycle_digest)
    signed = event is not None and all(key in event.body for key in SEALED)
    where = f"signed before training, ledger {event.seq}" if event and signed else "not signed before training"
    lines = [f" Attempt {attempts[0]} of this data, {attempts[1]} so far."] if attempts else []
    return [*lines, f" Thresholds, seeds, prompts, shards and policy: {where}."]


def _adopted(release: "Release", report: Path) -> Outcome:
    """An adopted release: whose word it rests on, and what that word was."""
    from governance.provenance.descent_words import depth_words, share_words, token_words

    descent = release.descent
    lines = [
        f"Version {release.version}: [bold]adopted[/bold] by {plain(release.registered_by)}, judged by no gate."
        f" {plain(release.approvals[0].reason)}",
        f" Its past: {token_words(descent)}, {share_words(descent.share)} synthetic, depth {depth_words(descent)}.",
        f" model {release.checkpoint[:16]}  ledger {release.registered_seq}",
        f" Report: {report}",
    ]
    bounds = {"share": descent.share.document(), "effective_share": descent.effective_share.document()}
    document = {"version": release.version, "adopted_by": release.registered_by, "reason": release.approvals[0].reason, **bounds}
    return Outcome(command="review", lines=lines, document={**document, "checkpoint": release.checkpoint, "report": str(report)})
