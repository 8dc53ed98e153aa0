"""`heirloom shadow`: a candidate beside the champion on logged prompts. It decides nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flows.shadow import Shadow


def command(version: int, *, prompts: Path, column: str = "text", draws: int = 1, common: Common | None = None) -> Outcome:
    """Let a version and the champion answer the same logged prompts with the same seeds, and show what the metrics of text read on both.

    Nothing of it is served, and no prompt or answer is kept. It decides nothing; while the version is the canary, the monitor holds the
    newest round against the gates' limits.

    Parameters
    ----------
    version
        The number of the candidate.
    prompts
        A Parquet or JSON Lines file, one prompt a row.
    column
        Where a row has its prompt.
    draws
        Answers to each prompt.
    """
    from cli.shop import shop_of
    from flows.shadow import shadow
    from governance.adapters.lock import hold

    shop = shop_of(common)
    with hold(shop.workspace.lock, f"shadow {version}", shop.clock):
        found = shadow(shop, version, prompts, column=column, draws=draws)
    document = {**found.document, "document_sha256": found.digest, "ledger_seq": found.seq, "beyond": list(found.beyond)}
    return Outcome(command="shadow", lines=shadow_lines(found), document=document)


def shadow_lines(found: "Shadow") -> list[str]:
    """A round as a table, and that it decides nothing."""
    document = found.document
    asked = document["prompts"]
    beside = f"Version {document['version']} beside champion {document['champion']}"
    head = f"{beside}: {asked['different']:,} different prompts, {asked['draws']} answer(s) each."
    lines = [head, f" {'metric':<28} {'candidate':>12} {'champion':>12}   change [90 %]"]
    lines += [
        f" {plain(entry['title']):<28} {_value(entry, 'candidate'):>12} {_value(entry, 'champion'):>12}   {_change(entry)}"
        for entry in document["metrics"]
    ]
    lines += [f" Beyond a limit of the gates: {plain(one)}" for one in found.beyond]
    return [*lines, f"It decides nothing; ledger {found.seq}, document {found.digest[:16]}."]


def _value(entry: "Mapping[str, Any]", model: str) -> str:
    value = entry["values"].get(model)
    return "-" if value is None else f"{value:.4g}"


def _change(entry: "Mapping[str, Any]") -> str:
    found = entry["against"]["champion"]
    if found["change"] is None:
        return plain(found["reason"])
    return f"{100 * found['change']:+.1f} % \\[{100 * found['low']:+.1f}, {100 * found['high']:+.1f}]"
