"""`heirloom plan`: what the next cycle would be trained on, before anything is spent."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from flows.begin import Begun


def command(batch: Path | None = None, *, common: Common | None = None) -> Outcome:
    """Validate and mix the next batch, and show the shares, the limits and everything that was left out.

    What is computed here is what `heirloom retrain` goes on from. The ledger and the registry do not hear of it.

    Parameters
    ----------
    batch
        A file of rows or a folder of such files; without it, the next one that waits in the inbox.
    """
    from cli.shop import shop_of
    from flows.begin import NothingToDo, begin
    from governance.adapters.lock import hold
    from governance.digest import read_document

    shop = shop_of(common)
    with hold(shop.workspace.lock, "plan", shop.clock):
        begun = begin(shop, batch.absolute() if batch else None, record=False)
        if isinstance(begun, NothingToDo):
            return Outcome(command="plan", lines=[f"Nothing to plan: {plain(begun.reason)}."], document={"reason": begun.reason})
        for stage in ("validate", "mix"):
            shop.runner.run(stage)
    audit, mix = (read_document(shop.workspace.cycle / name) for name in ("audit.json", "mix.json"))
    document = {"cycle": begun.number, "kind": begun.kind, "batch": begun.batch, "audit": audit, "mix": mix}
    return Outcome(command="plan", lines=plan_lines(begun, audit, mix), document=document)


def plan_lines(begun: "Begun", audit: dict[str, Any], mix: dict[str, Any]) -> list[str]:
    """The plan as a table: rows, tokens, share and limit by role, then what was left out and why."""
    from cli.shop import percent

    tokens, rows = mix["tokens"], mix["rows"]
    total, apart = sum(tokens.values()), tokens["human"] + tokens["synthetic"]
    limits = {
        "anchor": f">= {mix['anchor_percent']} % of all",
        "synthetic": f"<= {mix['synthetic_cap_percent']} % without anchors: {percent(tokens['synthetic'], apart)}",
    }
    lines = [
        f"Cycle {begun.number} ({begun.kind}) of {plain(begun.batch)}",
        f" {'role':<10} {'rows':>8} {'tokens':>12} {'share':>8}   limit",
    ]
    lines += [
        f" {role:<10} {rows[role]:>8,} {tokens[role]:>12,} {percent(tokens[role], total):>8}   {limits.get(role, '')}" for role in tokens
    ]
    refused = ", ".join(f"{count:,} {plain(rule)}" for rule, count in audit["by_rule"].items() if count) or "none"
    dropped = ", ".join(f"{count:,} {plain(rule)}" for rule, count in mix["dropped"].items() if count) or "none"
    lines += [
        f" Quarantined at the door: {refused}.",
        f" Left out of the mix: {dropped}.",
        f" Depth of recursion: {mix['depth']}. Headroom to the cap: {mix['headroom_tokens']:,} tokens.",
        "Nothing was recorded.   Next: heirloom retrain",
    ]
    return lines
