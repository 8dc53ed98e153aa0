"""Which blocks make a batch: anchors first, then human and synthetic text spread evenly, the caps held in every single batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from governance.errors import IntegrityError, PolicyError
from governance.training.blocks import ANCHOR, HUMAN, ROLES, SYNTHETIC, Blocks

ORDER_STREAM = 0x6F72646572
"""Second key word of the Philox generator that orders blocks, so that no other use of the seed draws the same numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The two shares that every batch holds, in whole percent: at least so much anchor, at most so much synthetic text.

    The anchor share is of all blocks; the synthetic share is of human and synthetic blocks, which is the stricter way to count.
    """

    anchor_percent: int
    synthetic_cap_percent: int

    def __post_init__(self) -> None:
        if not 0 <= self.anchor_percent < 100:
            raise ValueError(f"anchor_percent: {self.anchor_percent} is not in 0..99")
        if not 0 <= self.synthetic_cap_percent < 100:
            raise ValueError(f"synthetic_cap_percent: {self.synthetic_cap_percent} is not in 0..99")

    def anchors_of(self, batch_blocks: int) -> int:
        """The fewest anchor blocks that a batch of this many blocks may have."""
        return -(-self.anchor_percent * batch_blocks // 100)

    def synthetic_beside(self, human: int) -> int:
        """The most synthetic blocks that may stand beside this many human ones."""
        return self.synthetic_cap_percent * human // (100 - self.synthetic_cap_percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Numbers of blocks within their role, anchors may occur again and again."""

    anchor: tuple[int, ...]
    human: tuple[int, ...]
    synthetic: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBatch:
    """One step of training: numbers of blocks in `Blocks`, all of one shard. Steps count from 0 over all epochs."""

    epoch: int
    step: int
    shard: int
    blocks: tuple[int, ...]


def plan_batches(counts: Mapping[str, int], *, batch_blocks: int, caps: Caps, seed: int, epoch: int, shard: int = 0) -> tuple[Batch, ...]:
    """Batches of one epoch over one shard, from the number of blocks of each role.

    Every human and every anchor block is in a batch. Every batch has at least `caps.anchors_of(batch_blocks)` anchors, which repeat
    where they are short, and at most `caps.synthetic_beside(human blocks of the batch)` synthetic blocks, each at most once; synthetic
    blocks that find no such place are left out of this epoch. Roles are spread by rank, so that batches are alike; the order inside a
    role is drawn from (seed, epoch, shard).

    Raises: IntegrityError where anchors are wanted and none exist; PolicyError where a batch has room for anchors only.
    """
    anchors, room = caps.anchors_of(batch_blocks), batch_blocks - caps.anchors_of(batch_blocks)
    human = counts.get(HUMAN, 0)
    wanted = {**counts, HUMAN: human, SYNTHETIC: min(counts.get(SYNTHETIC, 0), caps.synthetic_beside(human))}
    if not any(counts.values()):
        return ()
    _check_room(counts, batch_blocks, room, anchors)
    total = _batches_needed(wanted, batch_blocks, anchors)
    slots = _interleave({**wanted, ANCHOR: max(0, counts.get(ANCHOR, 0) - total * anchors)})
    quotas = _capped([_tally(part) for part in _slices(slots, total)], room, caps)
    order = {role: _order(counts.get(role, 0), seed, (shard, place, epoch)) for place, role in enumerate(ROLES)}
    return _fill([{**quota, ANCHOR: quota[ANCHOR] + anchors} for quota in quotas if anchors or any(quota.values())], order)


def plan_training(blocks: Blocks, *, batch_blocks: int, epochs: int, caps: Caps, seed: int) -> tuple[PlannedBatch, ...]:
    """Every batch of a run in order: epoch by epoch, in each shard by shard.

    Raises: IntegrityError where nothing can be trained on, or a shard has no anchors and the caps want some.
    """
    shards = {shard: {role: blocks.numbers(shard, role) for role in ROLES} for shard in sorted(set(blocks.shards))}
    planned: list[PlannedBatch] = []
    for epoch in range(epochs):
        for shard, numbers in shards.items():
            counts = {role: len(found) for role, found in numbers.items()}
            for batch in plan_batches(counts, batch_blocks=batch_blocks, caps=caps, seed=seed, epoch=epoch, shard=shard):
                chosen = tuple(numbers[role][n] for role in ROLES for n in getattr(batch, role))
                planned.append(PlannedBatch(epoch=epoch, step=len(planned), shard=shard, blocks=chosen))
    if not planned:
        raise IntegrityError("nothing to train on: no role fills a batch", where="mix.parquet", fix="add human rows to the batch")
    return tuple(planned)


def _check_room(counts: Mapping[str, int], batch_blocks: int, room: int, anchors: int) -> None:
    if anchors and not counts.get(ANCHOR, 0):
        raise IntegrityError(
            "no anchor tokens",
            where="mix.parquet",
            expected=f"{anchors} anchor blocks in every batch of {batch_blocks}",
            fix="run the mix stage again with the workspace's anchors",
        )
    if room < 1 and (counts.get(HUMAN, 0) or counts.get(SYNTHETIC, 0)):
        raise PolicyError(
            f"{batch_blocks} blocks hold {anchors} anchors and nothing else",
            where="policy.training.recipe.batch_blocks",
            fix="raise batch_blocks or lower anchor_percent",
        )


def _batches_needed(counts: Mapping[str, int], batch_blocks: int, anchors: int) -> int:
    human, synthetic, anchor = (counts.get(role, 0) for role in (HUMAN, SYNTHETIC, ANCHOR))
    beside = -(-(human + synthetic) // (batch_blocks - anchors)) if human + synthetic else 0
    return max(beside, -(-(human + synthetic + anchor) // batch_blocks))


def _order(count: int, seed: int, place: tuple[int, int, int]) -> list[int]:
    """A permutation of range(count), a function of (seed, place) alone; the place is (shard, role, epoch)."""
    stream = np.random.Generator(np.random.Philox(key=np.array([seed, ORDER_STREAM], dtype=np.uint64), counter=[0, *place]))
    return [int(n) for n in stream.permutation(count)]


def _interleave(counts: Mapping[str, int]) -> list[str]:
    """Roles in a row such that any window of it holds each role in proportion, give or take one: element j of n stands at (j + 1/2) / n."""
    places = [((2 * j + 1) / (2 * count), role) for role, count in counts.items() for j in range(count)]
    return [role for _, role in sorted(places)]


def _slices(slots: Sequence[str], total: int) -> list[Sequence[str]]:
    cuts = [len(slots) * n // total for n in range(total + 1)]
    return [slots[low:high] for low, high in pairwise(cuts)]


def _tally(slots: Sequence[str]) -> dict[str, int]:
    return {role: slots.count(role) for role in ROLES}


def _capped(quotas: Sequence[dict[str, int]], room: int, caps: Caps) -> list[dict[str, int]]:
    """Quotas cut down to the cap; what was cut moves to batches that still have room for it under their own cap."""
    limits = [caps.synthetic_beside(quota[HUMAN]) for quota in quotas]
    kept = [min(quota[SYNTHETIC], limit) for quota, limit in zip(quotas, limits, strict=True)]
    homeless = sum(quota[SYNTHETIC] for quota in quotas) - sum(kept)
    for place, quota in enumerate(quotas):
        free = min(limits[place], room - quota[HUMAN] - quota[ANCHOR]) - kept[place]
        moved = max(0, min(free, homeless))
        kept[place] += moved
        homeless -= moved
    return [{**quota, SYNTHETIC: count} for quota, count in zip(quotas, kept, strict=True)]


def _fill(quotas: Sequence[Mapping[str, int]], order: Mapping[str, Sequence[int]]) -> tuple[Batch, ...]:
    """Blocks dealt out in order, role by role; a role that runs out begins again, which only anchors ever do."""
    taken = dict.fromkeys(ROLES, 0)
    batches = []
    for quota in quotas:
        chosen: dict[str, tuple[int, ...]] = {}
        for role in ROLES:
            first = taken[role]
            chosen[role] = tuple(order[role][n % len(order[role])] for n in range(first, first + quota[role]))
            taken[role] = first + quota[role]
        batches.append(Batch(anchor=chosen[ANCHOR], human=chosen[HUMAN], synthetic=chosen[SYNTHETIC]))
    return tuple(batches)
