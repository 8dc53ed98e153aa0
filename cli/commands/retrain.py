"""`heirloom retrain`: the governed cycle, from the next batch to a verdict."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import Common
from cli.outcome import DONE, INCONCLUSIVE, REFUSED, WAITING, Outcome, plain

if TYPE_CHECKING:
    from flows.begin import NothingToDo
    from flows.finish import CycleOutcome
    from governance.wiring import Shop


def command(
    batch: Path | None = None, *, again: bool = False, control: int = 0, extend: bool = False, common: Common | None = None
) -> Outcome:
    """Take a batch through validation, mixing, training, evaluation and gate to a verdict.

    Where the workspace has no champion yet, generation 0 is founded first, on human text alone. A run that was killed goes on where it
    stopped. The same batch under the same policy is not judged twice.

    Parameters
    ----------
    batch
        A file of rows or a folder of such files; without it, the next one that waits in the inbox.
    again
        Judge a batch again that was judged before; the attempt is counted and shown.
    control
        Begin no cycle: train so many human-only controls of the cycle at hand, each with a fresh seed, and keep their readings. None of
        them can be promoted; from six of one cycle on, retrain noise is measured and no longer assumed.
    extend
        Look at the last candidate once more, where it was inconclusive and the policy registered an extension before; then it is final.
    """
    from cli.shop import shop_of
    from governance.errors import UsageError

    if extend and (batch is not None or again or control):
        raise UsageError("an extension is of the last cycle and takes no batch", where="--extend")

    shop = shop_of(common)
    if control:
        return _controls(shop, control)
    from flows.local import prefect_at_hand
    from governance.adapters.lock import hold
    from governance.adapters.runners import stage_forks

    chosen = str(batch.absolute()) if batch else None
    with (
        hold(shop.workspace.lock, f"retrain {shop.policy.line.model}", shop.clock),
        stage_forks(shop.trainer),
        prefect_at_hand(shop, "flows.retrain", "mlflow"),
    ):
        from flows.retrain import retrain  # prefect reads its environment when it is imported

        state = retrain(str(shop.workspace.root), shop.policy.line.model, chosen, again, shop.actor, extend=extend, return_state=True)
        result: Any = state.result()
    return _with_advice(shop, cycles_outcome(result)) if isinstance(result, list) else nothing_outcome(result)


def _controls(shop: "Shop", count: int) -> Outcome:
    from cli.controls import controls_outcome
    from flows.controls import make_controls
    from governance.adapters.lock import hold
    from governance.errors import UsageError

    if not 1 <= count <= 50:
        raise UsageError(f"{count} controls", where="--control", expected="a number in 1..50")
    with hold(shop.workspace.lock, f"controls of {shop.policy.line.model}", shop.clock):
        return controls_outcome(make_controls(shop, count), shop.policy)


def cycles_outcome(done: "Sequence[CycleOutcome]") -> Outcome:
    """Every cycle of the run in words; the last one gives the exit code."""
    lines = [line for cycle in done for line in cycle_lines(cycle)]
    document: dict[str, Any] = {"changed": True, "cycles": [_document(cycle) for cycle in done]}
    return Outcome(command="retrain", lines=lines, document=document, code=code_of(done[-1]))


def _with_advice(shop: "Shop", outcome: Outcome) -> Outcome:
    """What the cap controller has to say about the next policy, before the last line; the exit code is the cycle's."""
    from cli.tails import proposal_lines
    from flows.advise import history_of, proposal_of

    proposal = proposal_of(shop, history_of(shop, shop.ledger.state()))
    if proposal.silent:
        return outcome
    *lines, last = outcome.lines
    document = {**outcome.document, "proposal": {**asdict(proposal), "toml": proposal.toml(), "needs_approval": proposal.needs_approval}}
    return replace(outcome, lines=[*lines, *proposal_lines(proposal), last], document=document)


def nothing_outcome(nothing: "NothingToDo") -> Outcome:
    """There was nothing to do, and why."""
    document = {"changed": False, "reason": nothing.reason}
    return Outcome(command="retrain", lines=[f"Nothing to do: {plain(nothing.reason)}."], document=document)


def code_of(cycle: "CycleOutcome") -> int:
    """The exit code of a cycle: 0 promoted, 3 blocked, 7 waits for people, 9 inconclusive."""
    if cycle.verdict == "block":
        return REFUSED
    if cycle.verdict == "inconclusive":
        return INCONCLUSIVE
    return WAITING if cycle.promotion is None or cycle.promotion.missing else DONE


def cycle_lines(cycle: "CycleOutcome") -> list[str]:
    """The result first, the numbers with their limits, the next command last."""
    head = {"pass": "PASS", "block": "REFUSED", "inconclusive": "INCONCLUSIVE"}[cycle.verdict]
    lines = [f"Cycle {cycle.number} ({cycle.kind}, {plain(cycle.batch)})", f"[bold]{head}[/bold]  {plain(cycle.reason)}"]
    lines += [f"   {g['gate']:<18} {g['against']:<9} {g['verdict']:<13} {plain(g['reason'])}" for g in cycle.decision["gates"]]
    worst = cycle.decision.get("worst_slice")
    lines += [_slice_line(worst)] if worst else []
    lines += [f" Alarm: {plain(alarm)}" for alarm in cycle.decision.get("alarms", ())]
    lines += _matched_lines(cycle.decision)
    lines += _noise_lines(cycle.decision)
    lines += _look_lines(cycle)
    lines.append(_mix_line(cycle.mix))
    if cycle.stages_cached:
        lines.append(f" From the cache: {', '.join(cycle.stages_cached)}.")
    return [*lines, *_last_lines(cycle)]


def _look_lines(cycle: "CycleOutcome") -> list[str]:
    """Which of two looks this was; nothing where the policy has only one."""
    look = cycle.decision.get("look")
    if not look:
        return []
    part = f"{look['alpha_percent']:g} % of the error"
    if look["final"]:
        return [f" Second look, with {part}: final, and no approval overrides it."]
    may = "; heirloom retrain --extend looks once more" if cycle.verdict == "inconclusive" else ""
    return [f" First of two looks, with {part}{may}."]


def _slice_line(worst: "Any") -> str:
    interval = f"[{100 * worst['low']:+.1f}, {100 * worst['high']:+.1f}]"
    metric = plain(worst["metric"]).replace("_", " ")
    return f" Worst slice: {plain(worst['slice'])}, {metric} {100 * worst['change']:+.1f} % {plain(interval)}, {worst['n']} documents."


def _matched_lines(decision: "Any") -> list[str]:
    """The candidate beside human-only controls of its cycle, where some were made before the verdict."""
    from governance.gates.matched import matched_of

    return [f" Beside human text alone, {plain(one.sentence())}." for one in matched_of(decision)]


def _noise_lines(decision: "Any") -> list[str]:
    from governance.gates.retraining import noise_words

    said = noise_words(decision.get("retrain_noise") or {})
    return [f" Retrain noise: {plain(said)}."] if said else []


def _mix_line(mix: "Any") -> str:
    from cli.shop import percent

    tokens = mix["tokens"]
    total = sum(tokens.values())
    shares = ", ".join(f"{role} {percent(count, total)}" for role, count in tokens.items())
    return f" Trained on {total:,} tokens: {shares} (synthetic cap {mix['synthetic_cap_percent']} % of what is not anchor)."


def _last_lines(cycle: "CycleOutcome") -> list[str]:
    report = f" Report: {plain(cycle.report)}"
    if cycle.promotion is None:
        return [f" Kept as version {cycle.version}; the champion stays.", report, f"Next: heirloom review {cycle.version}"]
    if cycle.promotion.missing:
        from cli.commands.promote import of_whom

        excluded = f" (not {', '.join(cycle.promotion.excluded)}: {'; '.join(cycle.promotion.why_not)})" if cycle.promotion.excluded else ""
        waits = f" Version {cycle.version} waits for {cycle.promotion.missing} approval(s){of_whom(cycle.promotion)}{plain(excluded)}."
        return [waits, report, f"Next: heirloom review {cycle.version}, then heirloom approve {cycle.version}"]
    was = cycle.promotion.previous or "nothing"
    return [f" Version {cycle.version} is champion, was {was}; ledger {cycle.promotion.seq}.", report]


def _document(cycle: "CycleOutcome") -> dict[str, Any]:
    document = asdict(cycle)
    document["decision"], document["mix"] = dict(cycle.decision), {"tokens": cycle.mix["tokens"], "rows": cycle.mix["rows"]}
    return document
