"""Rows into training shards, each of which meets both limits in integers, in an order that spreads every role evenly."""

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from governance.mixing.caps import anchor_need, synthetic_limit
from governance.mixing.rules import MixRules
from governance.provenance.hashing import Places

Roles = NDArray[np.integer[Any]]
"""Roles as numbers from 0."""
_NO_SHARD = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shards:
    """The shard of every human and synthetic row (-1: the row fits into none), and the anchors of all shards one after the other.

    `anchor_rows` are places in the anchors' order, repeats included; `anchor_shards` are their shards; `anchors_unmet` is how many
    anchor tokens were wanted where the anchors would have to be passed more often than the rules allow, else 0.
    """

    human: Places
    synthetic: Places
    anchor_rows: Places
    anchor_shards: Places
    anchors_unmet: int


def arrange(human: Places, synthetic: Places, anchors: Places, rules: MixRules, *, counted: Places | None = None) -> Shards:
    """Shards for rows given as tokens, each role in its stratified order.

    `counted` is how many tokens of each synthetic row the cap counts; all of them where it is not given.

    The number of shards depends on human and synthetic rows alone. Human rows are laid along the shards by tokens; synthetic rows
    follow them in proportion; what a shard cannot carry moves to the shard with the most room; what none can carry is left out. Anchors
    are filled in last, from the start of their order and around again, until every shard has its share: so they never decide how much
    synthetic text is in.
    """
    counted = synthetic if counted is None else counted
    count = shard_count(human.size + synthetic.size, rules)
    human_shards = _along(human, count)
    human_tokens = _sums(human_shards, human, count)
    limits = np.array([synthetic_limit(int(tokens), rules.synthetic_cap_percent) for tokens in human_tokens], dtype=np.int64)
    synthetic_shards = _within(counted, _following(counted, human_tokens), limits)
    used = np.unique(human_shards)
    human_shards, synthetic_shards = _renumbered(human_shards, used), _renumbered(synthetic_shards, used)
    totals = human_tokens[used] + _sums(synthetic_shards, synthetic, used.size)
    needs = np.array([anchor_need(int(tokens), rules.anchor_percent) for tokens in totals], dtype=np.int64)
    rows, shards, unmet = _anchored(anchors, needs, rules.most_anchor_passes)
    return Shards(human=human_shards, synthetic=synthetic_shards, anchor_rows=rows, anchor_shards=shards, anchors_unmet=unmet)


def shard_count(rows: int, rules: MixRules) -> int:
    """Shards for so many human and synthetic rows; anchors then fill them up to about `shard_rows`."""
    return max(1, round(rows * 100 / ((100 - rules.anchor_percent) * rules.shard_rows)))


def interleaved(shards: NDArray[np.integer[Any]], roles: Roles) -> Places:
    """A permutation: by shard, and inside a shard every role spread evenly by rank; rows of one role and shard keep their order."""
    order = np.argsort(shards, kind="stable")
    ends = np.flatnonzero(np.diff(shards[order], append=_NO_SHARD)) + 1
    for first, last in pairwise([0, *ends.tolist()]):
        order[first:last] = order[first:last][_spread(roles[order[first:last]])]
    return order


def _spread(roles: Roles) -> Places:
    """A permutation of the rows of one shard."""
    order = np.argsort(roles, kind="stable")
    starts = np.searchsorted(roles[order], np.arange(int(roles.max(initial=0)) + 2))
    ranks, of = np.arange(order.size) - starts[roles[order]], np.diff(starts)[roles[order]]
    return order[np.lexsort((roles[order], (ranks + 0.5) / of))]


def _sums(shards: Places, tokens: Places, count: int) -> Places:
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, shards[shards >= 0], tokens[shards >= 0])
    return sums


def _along(tokens: Places, count: int) -> Places:
    """Shards of equal tokens: a row goes where its middle token is."""
    middles = np.cumsum(tokens) * 2 - tokens
    return middles * count // max(2 * int(tokens.sum()), 1)


def _following(tokens: Places, human_tokens: Places) -> Places:
    """Shards in proportion to their human tokens: a row goes where its middle token is."""
    middles = (np.cumsum(tokens) - tokens / 2) * (int(human_tokens.sum()) / max(int(tokens.sum()), 1))
    return np.searchsorted(np.cumsum(human_tokens)[:-1], middles, side="right")


def _within(tokens: Places, shards: Places, limits: Places) -> Places:
    """The same shards where they carry the rows; rows beyond a limit move to the shard with the most room, or to none (-1)."""
    placed = shards.copy()
    sums = np.cumsum(tokens)
    starts = np.searchsorted(shards, np.arange(limits.size))
    base = np.append(0, sums)[starts]
    spilled = np.flatnonzero(sums - base[shards] > limits[shards])
    placed[spilled] = -1
    rooms = [(-int(room), shard) for shard, room in enumerate(limits - _sums(placed, tokens, limits.size))]
    heapq.heapify(rooms)
    for row in spilled.tolist():
        room, shard = rooms[0]
        if int(tokens[row]) <= -room:
            placed[row] = shard
            heapq.heapreplace(rooms, (room + int(tokens[row]), shard))
    return placed


def _renumbered(shards: Places, used: Places) -> Places:
    """Shards counted without the ones that hold no human row; those hold no synthetic row either."""
    return np.where(shards < 0, -1, np.searchsorted(used, shards))


def _anchored(tokens: Places, needs: Places, most_passes: int) -> tuple[Places, Places, int]:
    """(places of anchors, their shards, 0): consecutive anchors for every shard, around and around, until its need is met."""
    sums = np.append(0, np.cumsum(tokens))
    whole = int(sums[-1])
    if not needs.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), 0
    if int(needs.sum()) > most_passes * whole:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), int(needs.sum())
    ends = []
    place = 0
    for need in needs.tolist():
        passes, rest = divmod(int(sums[place % tokens.size]) + need, whole)
        place = place // tokens.size * tokens.size + passes * tokens.size + int(np.searchsorted(sums, rest))
        ends.append(place)
    counts = np.array(ends, dtype=np.int64) - np.array([0, *ends[:-1]], dtype=np.int64)
    return np.arange(place, dtype=np.int64) % tokens.size, np.repeat(np.arange(needs.size), counts), 0
