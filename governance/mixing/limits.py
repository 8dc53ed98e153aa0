"""How far a mix is from each of its limits, in tokens and rows; all in integers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.mixing.caps import synthetic_limit
from governance.mixing.document import ANCHOR, HUMAN, SYNTHETIC
from governance.mixing.quotas import RUN_CAP, SLICE_CAP, TASK_CAP
from governance.mixing.rules import MixRules
from governance.mixing.supply import SHARD_CAP, left_out

COUNTED = "counted"
"""Synthetic tokens as the caps count them (see `governance.mixing.weights`)."""
ANCHOR_PASSES, FRESH_HUMAN = "anchor-passes", "minimum-human-tokens"
PARTS = ((SLICE_CAP, "slice", "slices", "slice_caps"), (TASK_CAP, "task", "tasks", "task_caps"))
"""Cap of a part, the column that divides rows into parts, and where mix.json has the tokens and the caps of those parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit in tokens. `bound` is the most that may be `used`; of `minimum-human-tokens` it is the least.

    `place` is `run`, `shard N`, or the name of the slice or task. `room_rows` is the room in rows as long as those that are in, 0 where
    there are none to measure by. `cap_percent` is 0 where the limit is no cap, or a cap that bans synthetic text. `left_out` counts what
    this limit and no other rule kept out.
    """

    name: str
    place: str
    used: int
    bound: int
    room: int
    room_rows: int
    cap_percent: int = 0
    left_out_rows: int = 0
    left_out_tokens: int = 0

    @property
    def holds_back(self) -> bool:
        """True where it keeps text out that human text beside it would let in. A cap of 0 is a ban, and nothing lifts it."""
        return self.left_out_rows > 0 and self.cap_percent > 0


def limits_of(document: Mapping[str, Any], dropped: pl.DataFrame, rules: MixRules) -> tuple[Limit, ...]:
    """Every limit of a mix: run, tightest shard, fresh human text, anchors, then slices and tasks with a cap of their own."""
    tokens, rows, cap = document["tokens"], document["rows"], rules.synthetic_cap_percent
    tightest = min(document["shards"], key=lambda shard: synthetic_limit(shard[HUMAN], cap) - shard[COUNTED])
    gone = {name: (document["dropped"].get(name, 0), document["tokens_dropped"].get(name, 0)) for name in (RUN_CAP, SHARD_CAP)}

    def plain(name: str, role: str, used: int, bound: int, room: int) -> Limit:
        return Limit(name=name, place="run", used=used, bound=bound, room=room, room_rows=_in_rows(room, tokens[role], rows[role]))

    fresh = document["fresh"][HUMAN]
    passes = rules.most_anchor_passes * document["anchor_pass_tokens"]
    return (
        _capped(RUN_CAP, "run", document, {**tokens, COUNTED: document["counted_tokens"]}, cap=cap, gone=gone[RUN_CAP]),
        _capped(SHARD_CAP, f"shard {tightest['shard']}", document, tightest, cap=cap, gone=gone[SHARD_CAP]),
        plain(FRESH_HUMAN, HUMAN, fresh, rules.minimum_human_tokens, fresh - rules.minimum_human_tokens),
        plain(ANCHOR_PASSES, ANCHOR, tokens[ANCHOR], passes, passes - tokens[ANCHOR]),
        *_parts(document, dropped, rules),
    )


def _parts(document: Mapping[str, Any], dropped: pl.DataFrame, rules: MixRules) -> Iterator[Limit]:
    """A part that holds no text at all may still keep some out: its cap is then not in mix.json."""
    for rule, column, parts, caps in PARTS:
        gone = left_out(dropped, rule, column)
        cap_of = rules.cap_of_slice if rule == SLICE_CAP else rules.cap_of_task
        for name in sorted({*document[caps], *gone}):
            tokens = document[parts].get(name, {HUMAN: 0, COUNTED: 0})
            yield _capped(rule, name, document, tokens, cap=cap_of(name) or 0, gone=gone.get(name, (0, 0)))


def _capped(name: str, place: str, document: Mapping[str, Any], part: Mapping[str, int], *, cap: int, gone: tuple[int, int]) -> Limit:
    bound = synthetic_limit(part[HUMAN], cap)
    room = bound - part[COUNTED]
    return Limit(
        name=name,
        place=place,
        used=part[COUNTED],
        bound=bound,
        room=room,
        room_rows=_in_rows(room, document["tokens"][SYNTHETIC], document["rows"][SYNTHETIC]),
        cap_percent=cap,
        left_out_rows=gone[0],
        left_out_tokens=gone[1],
    )


def _in_rows(room: int, tokens: int, rows: int) -> int:
    """Room in rows of the mean length of those that are in."""
    return room * rows // tokens if tokens else 0
