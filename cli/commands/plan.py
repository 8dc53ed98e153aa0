"""`heirloom plan`: what the next cycle would be trained on, before anything is spent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from cli.laundering import laundering_lines
from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from flows.plan import Plan
    from governance.mixing.headroom import Advice, Headroom
    from governance.mixing.limits import Limit

LABELS_SHOWN = 5
NEXT = "Nothing was recorded.   Next: heirloom retrain"


def command(
    batch: Path | None = None, *, set_: Annotated[tuple[str, ...], Parameter(name="--set")] = (), common: Common | None = None
) -> Outcome:
    """Validate and mix the next batch: shares, the room to every limit, what holds text back, and which human rows would lift it.

    What is computed here is what `heirloom retrain` goes on from. The ledger and the registry do not hear of it.

    Parameters
    ----------
    batch
        A file of rows or a folder of such files; without it, the next one that waits in the inbox.
    set_
        A setting that is stricter than the policy, such as mixing.synthetic_cap_percent=25, to see what it would do; looser ones are
        refused. A plan with settings of its own never becomes a cycle.
    """
    from cli.shop import shop_of
    from flows.begin import NothingToDo
    from flows.plan import plan_cycle
    from governance.adapters.lock import hold

    shop = shop_of(common)
    with hold(shop.workspace.lock, "plan", shop.clock):
        plan = plan_cycle(shop, batch.absolute() if batch else None, set_)
    if isinstance(plan, NothingToDo):
        return Outcome(command="plan", lines=[f"Nothing to plan: {plain(plan.reason)}."], document={"reason": plan.reason})
    begun = plan.begun
    document: dict[str, Any] = {
        "cycle": begun.number,
        "kind": begun.kind,
        "batch": begun.batch,
        "audit": plan.audit,
        "laundering": plan.laundering,
        "mix": plan.mix,
    }
    document |= {"headroom": asdict(plan.room), "labels_left_out": [dict(one) for one in plan.labels_left_out]}
    document |= {"overrides": [asdict(override) for override in plan.overrides]}
    return Outcome(command="plan", lines=plan_lines(plan), document=document)


def plan_lines(plan: "Plan") -> list[str]:
    """The plan as tables: shares by role, what was left out and why, the room to every limit, what would lift the tightest."""
    from governance.mixing.regime import regime_words

    begun, audit, mix = plan.begun, plan.audit, plan.mix
    refused = _counts(audit["by_rule"])
    return [
        f"Cycle {begun.number} ({begun.kind}) of {plain(begun.batch)}",
        *_override_lines(plan),
        *_mix_lines(mix),
        f" {plain(regime_words(mix))}.",
        *part_lines(mix),
        *anchor_lines(mix),
        f" Quarantined at the door: {refused}.",
        *([f" Changed by people's labels: {_counts(audit['relabelled'])}."] if audit["relabelled"] else []),
        *label_lines(plan.labels_left_out),
        *success_lines(audit),
        f" Left out of the mix: {left_out_words(mix)}.",
        *_conscience_lines(mix),
        *laundering_lines(plan.laundering),
        f" Depth of recursion: {mix['depth']}.",
        *room_lines(plan.room),
        "Nothing was recorded.   Next: edit policy.toml under review to keep it" if plan.overrides else NEXT,
    ]


def left_out_words(mix: Mapping[str, Any]) -> str:
    """What every rule left out, and whose words a recall bars."""
    from governance.mixing.barred import RECALLED, recalled_words

    tainted = [plain(words) for words in recalled_words(mix)]
    others = {rule: rows for rule, rows in mix["dropped"].items() if not (tainted and rule == RECALLED)}
    return ", ".join([*([_counts(others)] if others or not tainted else []), *tainted])


def label_lines(left_out: Sequence[Mapping[str, Any]]) -> list[str]:
    """Labels that people gave and that count for nothing, with the reason; of many the first."""
    lines = [
        f" Labels that do not count: ledger {one['seq']}, {one['rows']:,} rows by {plain(one['by'])}: {plain(one['reason'])}."
        for one in left_out[:LABELS_SHOWN]
    ]
    rest = len(left_out) - LABELS_SHOWN
    return lines + ([f" {rest:,} more rounds of labels do not count (cycle.json, relabels.left_out)."] if rest > 0 else [])


def success_lines(audit: Mapping[str, Any]) -> list[str]:
    """Columns that nobody mapped and that sound like the success of a text."""
    from governance.provenance.success_names import success_words

    found = audit.get("unmapped_success", ())
    return [f" Look at: {plain(success_words(found))}."] if found else []


def _override_lines(plan: "Plan") -> list[str]:
    """What this plan takes stricter than the policy does."""
    return [
        f" What if mixing.{plain(found.setting)} = {plain(found.planned)}"
        f" ({'the policy has none' if found.policy is None else f'policy: {plain(found.policy)}'}). This plan never becomes a cycle."
        for found in plan.overrides
    ]


def _mix_lines(mix: Mapping[str, Any]) -> list[str]:
    from cli.shop import percent

    tokens, rows = mix["tokens"], mix["rows"]
    total, counted = sum(tokens.values()), mix["counted_tokens"]
    limits = {
        "anchor": f">= {mix['anchor_percent']} % of all",
        "synthetic": f"<= {mix['synthetic_cap_percent']} % without anchors: {percent(counted, tokens['human'] + counted)}",
    }
    head = f" {'role':<10} {'rows':>8} {'tokens':>12} {'share':>8}   limit"
    lines = [
        f" {role:<10} {rows[role]:>8,} {tokens[role]:>12,} {percent(tokens[role], total):>8}   {limits.get(role, '')}" for role in tokens
    ]
    return [head, *(line.rstrip() for line in lines)]


def part_lines(mix: Mapping[str, Any]) -> list[str]:
    """What slices and tasks with a cap of their own hold."""
    from cli.shop import percent

    found = []
    for kind, parts in (("slice", "slices"), ("task", "tasks")):
        for name, cap in mix[f"{kind}_caps"].items():
            tokens = mix[parts][name]
            share = percent(tokens["synthetic"], tokens["human"] + tokens["synthetic"])
            found.append(f" {kind} {plain(name)}: {share} synthetic without anchors, cap {cap} %")
    return found


def anchor_lines(mix: Mapping[str, Any]) -> list[str]:
    """How often the run would show its anchors, and what every epoch shows of rare slices."""
    rare = mix["rare_slices"]
    names = ", ".join(plain(name) for name in list(rare)[:5]) + (", ..." if len(rare) > 5 else "")
    lines = [f" Anchors: shown {mix['anchor_passes'] / 100:.1f} times in {mix['epochs']} epochs, {mix['anchor_sampling']} sampling."]
    return lines + ([f" Rare slices: {len(rare):,} ({names}); all their human text is in every epoch."] if rare else [])


def _conscience_lines(mix: Mapping[str, Any]) -> list[str]:
    """What every rule that took human rows left of the tail, then what the filters want somebody to look at."""
    from cli.shop import percent
    from governance.mixing.benchmarks import benchmark_words
    from governance.mixing.conscience import alarms, collision_words, retained

    found = retained(mix)
    lines = [f" {'rule':<22} {'human rows left':>18} {'rare words left':>18} {'share':>8}   most were lost in"] if found else []
    for one in found:
        rows, words, worst = (f"{left:,} of {whole:,}" for left, whole in (one.rows, one.words, one.worst_words))
        lines.append(f" {plain(one.rule):<22} {rows:>18} {words:>18} {percent(*one.words):>8}   {plain(one.worst_slice)}: {worst}")
    lines += [f" {plain(words[0].upper() + words[1:])}." for words in benchmark_words(mix)]
    lines += [f" {plain(words[0].upper() + words[1:])}." for words in collision_words(mix)]
    return lines + [f" Look at: {plain(alarm)}." for alarm in alarms(mix)]


def _counts(by_rule: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {plain(rule)}" for rule, count in by_rule.items() if count) or "none"


def room_lines(room: "Headroom") -> list[str]:
    """The room to every limit, then the one that holds text back and the fresh human rows that would lift it."""
    lines = [f" {'limit':<22} {'at':<16} {'used':>12} {'bound':>12} {'room':>12}   about"]
    lines += [_limit_line(limit) for limit in room.limits]
    if room.bottleneck is None:
        run = room.limits[0]
        return [*lines, f" No limit holds text back: {run.room:,} more synthetic tokens would fit under the cap."]
    held = room.bottleneck
    of = "" if held.place == "run" or held.name == "shard-cap" else f" of {plain(held.place)}"
    left = f"{held.left_out_rows:,} synthetic rows ({held.left_out_tokens:,} tokens)"
    return [*lines, f" Bottleneck: {plain(held.name)}{of} left out {left}.", *advice_lines(room.advice)]


def _limit_line(limit: "Limit") -> str:
    rows = f"{limit.room_rows:,} rows" if limit.room_rows else ""
    line = f" {plain(limit.name):<22} {plain(limit.place):<16} {limit.used:>12,} {limit.bound:>12,} {limit.room:>12,}   {rows}"
    return line.rstrip()


def advice_lines(advice: "Advice | None") -> Sequence[str]:
    """What would lift the bottleneck, in rows and tokens of a slice."""
    if advice is None:
        return [" No number of fresh human rows is sure to lift it: its rows are too long for shards of this size (mixing.shard_rows)."]
    enough = "" if advice.exact else " at most"
    up_to = "" if advice.exact else "up to "
    said = (
        f" {advice.rows:,} human rows{enough} (about {advice.rows * advice.row_tokens:,} tokens) of {advice.column} {plain(advice.part)}"
        f" would let {up_to}{advice.admits_tokens:,} more synthetic tokens in."
    )
    if not advice.anchors_short:
        return [said]
    return [said, f" They need {advice.anchors_short:,} more anchor tokens beside them, or the anchors are shown too often."]
