"""How far a mix is from each of its limits, which one holds text back, and how much human text would lift that one. All in integers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.mixing.caps import anchor_need, human_need, synthetic_limit
from governance.mixing.document import ANCHOR, HUMAN, SYNTHETIC
from governance.mixing.rules import MixRules
from governance.mixing.shards import shard_count
from governance.mixing.supply import RUN_CAP, SHARD_CAP, Supply, largest_synthetic, supplies

ANCHOR_PASSES, FRESH_HUMAN = "anchor-passes", "minimum-human-tokens"
_SETTLING = 8
"""Rounds in which rows that are added and shards that they bring come to rest, or never do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit in tokens. `bound` is the most that may be `used`; of `minimum-human-tokens` it is the least.

    `room_rows` is the room in rows as long as those that are in, 0 where there are none to measure by. `left_out` counts what this limit
    and no other rule kept out.
    """

    name: str
    place: str
    used: int
    bound: int
    room: int
    room_rows: int
    left_out_rows: int = 0
    left_out_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Fresh human rows that lift a limit: `rows` of `slice`, each of `row_tokens`, hold the `tokens` that are missing.

    `exact`: with one such row fewer the limit still holds text back. Where it is false, so many are enough, and fewer may be.
    `anchors_short` are anchor tokens to add with them, because the anchors would else be passed more often than the policy allows.
    """

    lifts: str
    slice: str
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
        """The limit of that name."""
        return next(limit for limit in self.limits if limit.name == name)


def headroom(document: Mapping[str, Any], selected: pl.DataFrame, dropped: pl.DataFrame, rules: MixRules) -> Headroom:
    """The room of a finished mix: its mix.json, mix.parquet and dropped.parquet, under the rules that made it."""
    slices = supplies(selected, dropped)
    limits = _limits(document, rules)
    holding = [limit for limit in limits if limit.left_out_rows]
    if not holding:
        return Headroom(limits=limits, bottleneck=None, advice=None)
    bottleneck = max(holding, key=lambda limit: limit.left_out_tokens)
    advice = _advice(document, slices, rules, bottleneck, largest_synthetic(selected, dropped))
    return Headroom(limits=limits, bottleneck=bottleneck, advice=advice)


def _limits(document: Mapping[str, Any], rules: MixRules) -> tuple[Limit, ...]:
    tokens, rows, cap = document["tokens"], document["rows"], rules.synthetic_cap_percent
    tightest = min(document["shards"], key=lambda shard: synthetic_limit(shard[HUMAN], cap) - shard[SYNTHETIC])

    def capped(name: str, place: str, part: Mapping[str, int]) -> Limit:
        bound = synthetic_limit(part[HUMAN], cap)
        room = bound - part[SYNTHETIC]
        return Limit(
            name=name,
            place=place,
            used=part[SYNTHETIC],
            bound=bound,
            room=room,
            room_rows=_in_rows(room, tokens[SYNTHETIC], rows[SYNTHETIC]),
            left_out_rows=document["dropped"].get(name, 0),
            left_out_tokens=document["tokens_dropped"].get(name, 0),
        )

    def plain(name: str, role: str, bound: int, room: int) -> Limit:
        return Limit(name=name, place="run", used=tokens[role], bound=bound, room=room, room_rows=_in_rows(room, tokens[role], rows[role]))

    passes = rules.most_anchor_passes * document["anchor_pass_tokens"]
    return (
        capped(RUN_CAP, "run", tokens),
        capped(SHARD_CAP, f"shard {tightest['shard']}", tightest),
        plain(FRESH_HUMAN, HUMAN, rules.minimum_human_tokens, tokens[HUMAN] - rules.minimum_human_tokens),
        plain(ANCHOR_PASSES, ANCHOR, passes, passes - tokens[ANCHOR]),
    )


def _in_rows(room: int, tokens: int, rows: int) -> int:
    """Room in rows of the mean length of those that are in."""
    return room * rows // tokens if tokens else 0


def _advice(document: Mapping[str, Any], slices: Sequence[Supply], rules: MixRules, bottleneck: Limit, largest: int) -> Advice | None:
    human, cap = document["tokens"][HUMAN], rules.synthetic_cap_percent
    wanted = sum(supply.wanted_tokens for supply in slices)
    scarcest = max(slices, key=lambda supply: (human_need(supply.wanted_tokens, cap) - supply.human_tokens, supply.slice))
    row_tokens = _row_tokens(scarcest, document)
    exact = bottleneck.name == RUN_CAP
    missing: int | None = human_need(wanted, cap) - human
    if not exact:
        missing = _missing_in_shards(slices, largest, row_tokens, rules)
    if missing is None:
        return None
    rows = -(-missing // row_tokens)
    return Advice(
        lifts=bottleneck.name,
        slice=scarcest.slice,
        rows=rows,
        tokens=missing,
        row_tokens=row_tokens,
        admits_rows=bottleneck.left_out_rows,
        admits_tokens=bottleneck.left_out_tokens,
        exact=exact,
        anchors_short=_anchors_short(document, human + rows * row_tokens + wanted, rules),
    )


def _row_tokens(supply: Supply, document: Mapping[str, Any]) -> int:
    """The mean length of a slice's human rows; of all human rows where it has none."""
    if supply.human_rows:
        return max(supply.human_tokens // supply.human_rows, 1)
    return max(int(document["tokens"][HUMAN]) // int(document["rows"][HUMAN]), 1)


def _missing_in_shards(slices: Sequence[Supply], largest: int, row_tokens: int, rules: MixRules) -> int | None:
    """Human tokens with which some shard has room for every synthetic row, however rows fall into shards.

    Of n shards one has room for t tokens where all have n * (t - 1) + 1 together, and rounding costs each shard less than one more. None
    where rows are so long and shards so small that the rows which help bring more shards than they fill.
    """
    human = sum(supply.human_tokens for supply in slices)
    texts = sum(supply.human_rows + supply.synthetic_rows + supply.waiting_rows for supply in slices)
    wanted = sum(supply.wanted_tokens for supply in slices)
    missing = 1
    for _ in range(_SETTLING):
        shards = shard_count(texts - (-missing // row_tokens), rules)
        needed = max(human_need(wanted + shards * largest, rules.synthetic_cap_percent) - human, 1)
        if needed <= missing:
            return missing
        missing = needed
    return None


def _anchors_short(document: Mapping[str, Any], others: int, rules: MixRules) -> int:
    need = anchor_need(others, rules.anchor_percent) + len(document["shards"])
    return max(-(-need // rules.most_anchor_passes) - int(document["anchor_pass_tokens"]), 0)
