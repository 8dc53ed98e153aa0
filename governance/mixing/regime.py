"""What of earlier cycles a cycle trains on again, how much text that may be in all, and how much of it has to be fresh."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from governance.errors import RefusedError
from governance.mixing.order import fitting, in_order
from governance.mixing.rules import FIXED_BUDGET, REPLACE, MixRules
from governance.mixing.sieve import Sieve, places

BUDGET = "budget"
"""The rule that leaves out what a fixed budget has no room for."""
HUMAN, SYNTHETIC = "human", "synthetic"
_BY_CYCLE = pl.Schema({"cycle": pl.Int64, "role": pl.String, "tokens": pl.Int64})


def fresh_human_tokens(sieve: Sieve, earlier: pl.DataFrame) -> int:
    """Tokens of people's rows that this cycle brings itself."""
    if earlier.is_empty():
        return int(sieve.column("tokens").filter(sieve.human).sum())
    parts = sieve.pieces("row_id", "tokens", at=places(sieve.human))
    return sum(int(part.join(earlier, on="row_id", how="anti")["tokens"].sum()) for part in parts)


def within_budget(sieve: Sieve, earlier: pl.DataFrame, rules: MixRules, seed: int) -> Sieve:
    """Under a fixed budget: fresh human rows all stay, and of earlier human rows and synthetic ones as many as the budget has room for.

    Synthetic rows get their share of what is drawn from, and never more than the cap leaves them in a whole budget; what they leave goes
    to earlier human rows. Both are drawn in an order in which slices keep their shares.

    Raises: RefusedError where the fresh human text alone is more than the budget.
    """
    if rules.regime != FIXED_BUDGET:
        return sieve
    budget, fresh = int(rules.budget_tokens or 0), fresh_human_tokens(sieve, earlier)
    if fresh > budget:
        raise RefusedError(
            f"{fresh} fresh human tokens",
            where="mix",
            expected=f"at most {budget} (policy.mixing.budget_tokens): fresh human text is never left out",
            fix="raise budget_tokens, or hand in a smaller batch",
        )
    rows = sieve.columns("row_id", "slice", "tokens")
    back = rows.filter(sieve.human).join(earlier, on="row_id", how="semi", maintain_order="left")
    synthetic = rows.filter(~sieve.human)
    of_people, of_models = int(back["tokens"].sum()), int(synthetic["tokens"].sum())
    room = budget - fresh
    share = room * of_models // max(1, of_people + of_models)
    models = min(share, of_models, rules.synthetic_cap_percent * budget // 100)
    kept = pl.concat([_drawn(back, room - models, seed), _drawn(synthetic, models, seed)])
    gone = pl.concat([back.select("row_id"), synthetic.select("row_id")]).join(kept, on="row_id", how="anti")
    leaves = rows.with_row_index("at").join(gone, on="row_id", how="semi", maintain_order="left")["at"]
    return sieve.without(leaves.to_numpy().astype("int64"), BUDGET, f"no room in the budget of {budget} tokens")


def _drawn(rows: pl.DataFrame, tokens: int, seed: int) -> pl.DataFrame:
    ordered = in_order(rows, seed)
    return ordered[fitting(ordered["tokens"].to_numpy().astype("int64"), tokens)].select("row_id")


def by_cycle(rows: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Tokens of each role by the cycle that rows come back from, which is null for fresh ones."""
    cycles = earlier.select("row_id", pl.col("cycle").cast(pl.Int64))
    return _by_cycle(rows.select("row_id", "role", "tokens").join(cycles, on="row_id", how="left"))


def regime_document(parts: Iterable[pl.DataFrame], rules: MixRules) -> dict[str, Any]:
    """What mix.json says: the regime, the tokens that are fresh, and those of every earlier cycle that came back.

    The rows of the mix that are no anchors come added up, part by part (`by_cycle`).
    """
    sums = _by_cycle(pl.concat([_BY_CYCLE.to_frame(), *parts])).sort("cycle", "role")
    found: dict[int | None, dict[str, int]] = {None: {HUMAN: 0, SYNTHETIC: 0}}
    for cycle, role, tokens in sums.iter_rows():
        found.setdefault(cycle, {HUMAN: 0, SYNTHETIC: 0})[role] = tokens
    fresh = found.pop(None)
    said = {"regime": rules.regime, "fresh": fresh, "earlier": {str(cycle): tokens for cycle, tokens in found.items()}}
    return said | ({"budget_tokens": rules.budget_tokens} if rules.regime == FIXED_BUDGET else {})


def _by_cycle(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("cycle", "role").agg(pl.col("tokens").sum()).select(_BY_CYCLE.names()).cast(_BY_CYCLE)


def refuse_stale(mix: Mapping[str, Any], rules: MixRules) -> None:
    """Raises: RefusedError where too little of a mix is fresh human text."""
    tokens, fresh, percent = mix["tokens"], mix["fresh"][HUMAN], rules.minimum_fresh_human_percent
    whole = tokens[HUMAN] + tokens[SYNTHETIC]
    if fresh * 100 >= percent * whole:
        return
    raise RefusedError(
        f"{fresh} of {whole} tokens are fresh human text ({100 * fresh / whole:.1f} %)",
        where="mix",
        expected=f"at least {percent} % (policy.mixing.minimum_fresh_human_percent), anchors not counted",
        fix=f"add {-(-(percent * whole - 100 * fresh) // (100 - percent))} fresh human tokens, or train with a fixed budget",
    )


def refuse_without_anchors(mix: Mapping[str, Any], rules: MixRules) -> None:
    """Raises: RefusedError where model text would be trained on with no pinned human text beside it, and the policy does not say so."""
    if mix["tokens"][SYNTHETIC] and not mix["tokens"]["anchor"] and rules.regime != REPLACE:
        raise RefusedError(
            f"{mix['tokens'][SYNTHETIC]} synthetic tokens and no anchor",
            where="mix",
            expected="pinned human text in every cycle (policy.mixing.anchor_percent)",
            fix='set anchor_percent, or say regime = "replace" with a replace_reason',
        )


def regime_words(mix: Mapping[str, Any]) -> str:
    """The regime and what it brings back, as a sentence."""
    earlier: Mapping[str, Mapping[str, int]] = mix["earlier"]
    fresh = mix["fresh"]
    said = f"Regime {mix['regime']}" + (f", {mix['budget_tokens']:,} tokens" if "budget_tokens" in mix else "")
    own = f"fresh are {fresh[HUMAN]:,} human and {fresh[SYNTHETIC]:,} synthetic tokens"
    if not earlier:
        return f"{said}: {own}; no row of an earlier cycle comes back"
    human, synthetic = (sum(tokens[role] for tokens in earlier.values()) for role in (HUMAN, SYNTHETIC))
    return f"{said}: {own}; {human:,} human and {synthetic:,} synthetic tokens come back from cycles {', '.join(earlier)}"
