"""`heirloom status`: where the model line stands, and what to do next."""

from typing import TYPE_CHECKING, Any

from cli.approvals import poll_document, poll_of, waiting_lines
from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.actions.hearing import Poll
    from governance.release.state import State
    from governance.wiring import Shop


def command(*, common: Common | None = None) -> Outcome:
    """Show the champion, its ancestry, what waits and what is open."""
    from cli.commands.canary import canary_document, canary_lines
    from cli.drilled import gate_document, gate_lines
    from cli.shop import shop_of

    shop = shop_of(common)
    state = shop.ledger.state()
    polls = {release.version: poll_of(shop, release) for release in state.waiting}
    lines, gate = _lines(state, shop.policy.line.model, polls), gate_lines(shop)
    witnessed, proof = _witnessed(shop)
    document = {**_document(state), "gate": gate_document(shop), "polls": {str(v): poll_document(p)["approvals"] for v, p in polls.items()}}
    now = shop.clock.now().isoformat()
    document = {**document, "canary": canary_document(state, now), "witnessed": proof}
    return Outcome(command="status", lines=[lines[0], *gate, *lines[1:], *canary_lines(state, now), *witnessed], document=document)


def _witnessed(shop: "Shop") -> tuple[list[str], dict[str, Any]]:
    """Where the ledger was last witnessed, or that its witnesses disagree with it: what to do is said, and everything else still shown."""
    from governance.actions.proving import prove, witnessed_words
    from governance.errors import GovernanceError

    try:
        proof = prove(shop.notary, shop.ledger.events())
    except GovernanceError as error:
        return [f" ledger         [bold]NOT PROVED[/bold]: {plain(error.found)}", "Next: heirloom ledger verify"], {"problem": error.found}
    if not proof.entries:
        return [], {"seq": None, "after": 0, "witnesses": []}
    shown = {"seq": proof.last.seq if proof.last else None, "after": proof.after, "witnesses": list(proof.witnesses)}
    return [f" ledger         {plain(witnessed_words(proof, shop.clock.now()))}"], shown


def _lines(state: "State", model: str, polls: "Mapping[int, Poll | None]") -> list[str]:
    if state.champion is None:
        waiting = [line for version, found in polls.items() for line in waiting_lines(version, found, 14)]
        return [f"{model}: no release yet.", *waiting, "Next: heirloom retrain"]
    from cli.recalled import recalled_lines
    from governance.provenance.descent_words import depth_words, share_words
    from governance.release.state import ADOPTED

    champion = state.releases[state.champion]
    descent = champion.descent
    adopted = f", adopted by {plain(champion.registered_by)} and judged by no gate" if champion.kind == ADOPTED else ""
    lines = [
        f"{model}: release {champion.version} serves{adopted}. {share_words(descent.share)} of what it learnt from is synthetic,"
        f" depth {depth_words(descent)}.",
        f" effective share {share_words(descent.effective_share)}: a token counts for each model it went through",
        f" pre-synthetic  {state.pre_synthetic or '-'}",
        *([f" baseline       {state.baseline}, adopted: candidates are measured against it"] if _measured_by_adoption(state) else []),
        f" best-ever      {_best(state)}",
        f" previous       {state.previous or '-'}",
    ]
    lines += recalled_lines(state)
    lines += reading_lines(state)
    lines += [line for version, found in polls.items() for line in waiting_lines(version, found, 16)]
    if state.cycle is not None:
        lines.append(f" open cycle     {state.cycle.number} ({state.cycle.kind}): heirloom retrain goes on with it")
    if state.intent is not None:
        lines.append(f" open act       {state.intent.act} to {state.intent.version}: heirloom recover finishes or undoes it")
    if state.frozen is not None:
        lines.append(f" frozen         {plain(state.frozen)}: heirloom unfreeze")
    if state.views_behind:
        lines.append(" registry       is behind the ledger: heirloom reconcile")
    return lines


def reading_lines(state: "State") -> list[str]:
    """Model text that waits for a reader, and until when: after that nothing is promoted."""
    from governance.release.reading import open_samples

    return [
        f" to read        {one.rows} rows of model text of cycle {one.cycle} until {one.due[:10]}, by somebody other than"
        f" {plain(', '.join(one.excluded))}: heirloom label export FILE.csv"
        for one in open_samples(state)
    ]


def _best(state: "State") -> str:
    """The release with the lowest tail perplexity on the pinned shard, and what it reads."""
    if state.best_ever is None:
        return "-"
    return f"{state.best_ever}, {state.tail_bits(state.best_ever):.4f} bits per byte on the tail shard"


def _measured_by_adoption(state: "State") -> bool:
    """True where the line has no pre-synthetic release and leans on the one that was adopted."""
    return state.pre_synthetic is None and state.baseline is not None


def _descent(state: "State") -> dict[str, Any] | None:
    """Depth and shares of the champion, in thousandths."""
    if state.champion is None:
        return None
    descent = state.releases[state.champion].descent
    bounds = {"share": descent.share, "effective_share": descent.effective_share, "mean_depth": descent.mean_depth}
    return {"depth": descent.depth, **{name: {"low": b.low, "high": b.high} for name, b in bounds.items()}}


def _document(state: "State") -> dict[str, Any]:
    from cli.recalled import recalled_document

    return {
        "champion": state.champion,
        "previous": state.previous,
        "pre_synthetic": state.pre_synthetic,
        "baseline": state.baseline,
        "best_ever": state.best_ever,
        "descent": _descent(state),
        "recalled": recalled_document(state),
        "tainted": sorted(state.tainted),
        "waiting": [r.version for r in state.waiting],
        "open_cycle": state.cycle.number if state.cycle else None,
        "open_act": state.intent.act if state.intent else None,
        "frozen": state.frozen,
        "registry_behind": state.views_behind,
        "ledger": {"seq": state.seq, "head": state.head},
    }
