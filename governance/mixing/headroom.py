"""Which limit of a mix holds text back, and how much fresh human text, of which slice or task, would lift it. All in integers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.mixing.caps import anchor_need, human_need
from governance.mixing.limits import PARTS, Limit, limits_of
from governance.mixing.quotas import RUN_CAP
from governance.mixing.rules import FULL, MixRules
from governance.mixing.shards import shard_count
from governance.mixing.supply import SHARD_CAP, Supply, largest_synthetic, supplies

_SETTLING = 8
"""Rounds in which rows that are added and shards that they bring come to rest, or never do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Fresh human rows that lift a limit: `rows` of the part (`column` slice or task), each of `row_tokens`, hold the `tokens` missing.

    `exact`: with one such row fewer the limit still holds text back. Where it is false, so many are enough, fewer may be, and other caps
    may then keep some of `admits_tokens` out. `anchors_short` are anchor tokens to add with them, because the anchors would else be passed
    more often than the policy allows.
    """

    lifts: str
    column: str
    part: str
    rows: int
    tokens: int
    row_tokens: int
    admits_rows: int
    admits_tokens: int
    exact: bool
    anchors_short: int

    def __post_init__(self) -> None:
        if not (self.rows - 1) * self.row_tokens < self.tokens <= self.rows * self.row_tokens:
            raise ValueError(f"{self.rows} rows of {self.row_tokens} tokens are not the fewest that hold {self.tokens}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """Every limit with its room. `bottleneck` is the one that keeps most synthetic text out; None where no limit keeps any out."""

    limits: tuple[Limit, ...]
    bottleneck: Limit | None
    advice: Advice | None

    def limit(self, name: str) -> Limit:
        """The first limit of that name."""
        return next(limit for limit in self.limits if limit.name == name)


def headroom(document: Mapping[str, Any], selected: pl.DataFrame, dropped: pl.DataFrame, rules: MixRules) -> Headroom:
    """The room of a finished mix under the rules that made it: its mix.json, mix.parquet, and dropped.parquet with a column `task`."""
    limits = limits_of(document, dropped, rules)
    holding = [limit for limit in limits if limit.holds_back]
    if not holding:
        return Headroom(limits=limits, bottleneck=None, advice=None)
    bottleneck = max(holding, key=lambda limit: limit.left_out_tokens)
    return Headroom(limits=limits, bottleneck=bottleneck, advice=_advice(bottleneck, document, selected, dropped, rules))


def _advice(
    bottleneck: Limit, document: Mapping[str, Any], selected: pl.DataFrame, dropped: pl.DataFrame, rules: MixRules
) -> Advice | None:
    column = {rule: column for rule, column, _, _ in PARTS}.get(bottleneck.name, "slice")
    parts = supplies(selected, dropped, column)
    part = _scarcest(parts, bottleneck, rules)
    row_tokens = _row_tokens(part, parts)
    if bottleneck.name == SHARD_CAP:
        missing = _missing_in_shards(parts, largest_synthetic(selected, dropped), row_tokens, rules)
    else:
        missing = _missing(parts if bottleneck.name == RUN_CAP else [part], bottleneck.cap_percent)
    if missing is None:
        return None
    rows = -(-missing // row_tokens)
    others = sum(supply.human_tokens + supply.wanted_tokens for supply in parts) + rows * row_tokens
    return Advice(
        lifts=bottleneck.name,
        column=column,
        part=part.name,
        rows=rows,
        tokens=missing,
        row_tokens=row_tokens,
        admits_rows=bottleneck.left_out_rows,
        admits_tokens=bottleneck.left_out_tokens,
        exact=bottleneck.name == RUN_CAP and _all_counts(rules),
        anchors_short=_anchors_short(document, others, rules),
    )


def _all_counts(rules: MixRules) -> bool:
    """True where every synthetic token counts, and under the run's cap alone: what waits is then known to the token."""
    in_parts = rules.slice_caps or rules.task_caps or rules.slice_cap_percent is not None
    return rules.hybrid_weight == FULL and rules.exposed_weight_percent == 100 and not in_parts


def _missing(parts: Sequence[Supply], cap_percent: int) -> int:
    """Human tokens that these parts lack to carry all the synthetic text that wants in."""
    wanted, human = sum(part.wanted_tokens for part in parts), sum(part.human_tokens for part in parts)
    return human_need(wanted, cap_percent) - human


def _scarcest(parts: Sequence[Supply], limit: Limit, rules: MixRules) -> Supply:
    """The part that a cap of its own holds back, or else the slice that lacks most human text for its own synthetic text."""
    named = [part for part in parts if part.name == limit.place and limit.name not in {RUN_CAP, SHARD_CAP}]
    return named[0] if named else max(parts, key=lambda part: (_missing([part], rules.synthetic_cap_percent), part.name))


def _row_tokens(part: Supply, parts: Sequence[Supply]) -> int:
    """The mean length of a part's human rows; of all human rows where it has none."""
    of = [part] if part.human_rows else parts
    return max(sum(p.human_tokens for p in of) // sum(p.human_rows for p in of), 1)


def _missing_in_shards(parts: Sequence[Supply], largest: int, row_tokens: int, rules: MixRules) -> int | None:
    """Human tokens with which some shard has room for every synthetic row, however rows fall into shards.

    Of n shards one has room for t tokens where all have n * (t - 1) + 1 together, and rounding costs each shard less than one more. None
    where rows are so long and shards so small that the rows which help bring more shards than they fill.
    """
    human = sum(part.human_tokens for part in parts)
    texts = sum(part.human_rows + part.synthetic_rows + part.waiting_rows for part in parts)
    wanted = sum(part.wanted_tokens for part in parts)
    missing = 1
    for _ in range(_SETTLING):
        shards = shard_count(texts - (-missing // row_tokens), rules)
        needed = max(human_need(wanted + shards * largest, rules.synthetic_cap_percent) - human, 1)
        if needed <= missing:
            return missing
        missing = needed
    return None


def _anchors_short(document: Mapping[str, Any], others: int, rules: MixRules) -> int:
    """Anchor tokens to add where so many other tokens would have the anchors shown too often."""
    need = anchor_need(others, rules.anchor_percent) + len(document["shards"])
    return max(-(-need // rules.most_anchor_passes) - int(document["anchor_pass_tokens"]), 0)
