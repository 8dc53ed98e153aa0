"""What was really trained on is within the cap: the whole run and every shard, with anchors in the denominator and without, in integers."""

from collections.abc import Iterator, Mapping
from typing import Any

from governance.gates.gate import NO_REFERENCE, Gate, GateCase, GateResult, Verdict

NAME = "synthetic_share"
ROLES = ("anchor", "human", "synthetic")

Share = tuple[str, int, int]
"""(what, synthetic tokens, tokens in all)"""


def judge(case: GateCase) -> tuple[GateResult, ...]:
    """Block where any share is beyond the cap; inconclusive where a count is missing, no whole number or negative."""
    try:
        cap = _whole(case.mix["synthetic_cap_percent"])
        shares = list(_shares(case.mix, case.lineage))
    except (KeyError, TypeError, ValueError) as error:
        return (_result(Verdict.INCONCLUSIVE, f"not-measured: token counts of mix.json and lineage.json cannot be read: {error!r}"),)
    if over := [share for share in shares if share[1] * 100 > cap * share[2]]:
        what, synthetic, total = max(over, key=lambda share: share[1] / max(share[2], 1))
        return (_result(Verdict.BLOCK, f"{what} holds {synthetic} synthetic of {total} tokens, more than the cap of {cap} %"),)
    if not any(total for _, _, total in shares):
        return (_result(Verdict.INCONCLUSIVE, "not-measured: nothing was trained on"),)
    return (_result(Verdict.PASS, f"synthetic tokens are within the cap of {cap} % in all {len(shares)} counts"),)


def _shares(mix: Mapping[str, Any], lineage: Mapping[str, Any]) -> Iterator[Share]:
    yield from _of_roles("the plan", mix["tokens"])
    for shard in mix["shards"]:
        yield from _of_roles(f"planned shard {shard['shard']}", shard)
    yield from _of_roles("the run", lineage["trained_tokens"])
    worst = lineage["worst_shard_synthetic"]
    yield ("the worst trained shard", _whole(worst["synthetic"]), _whole(worst["total"]))


def _of_roles(what: str, tokens: Mapping[str, Any]) -> Iterator[Share]:
    anchor, human, synthetic = (_whole(tokens[role]) for role in ROLES)
    yield (what, synthetic, anchor + human + synthetic)
    yield (f"{what}, anchors left out,", synthetic, human + synthetic)


def _whole(count: object) -> int:
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValueError(f"{count!r} is no count")
    return count


def _result(verdict: Verdict, reason: str) -> GateResult:
    return GateResult(gate=NAME, metric=NO_REFERENCE, against=NO_REFERENCE, verdict=verdict, reason=reason)


GATE = Gate(name=NAME, title="synthetic share", metric=NO_REFERENCE, judge=judge)
