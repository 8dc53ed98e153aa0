"""One optimizer step's batch, divided over ranks and micro-batches and put together again; the quotas are the batch's as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.errors import IntegrityError
from governance.training.batches import PlannedBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one rank computed gradients on in one turn: the number of the planned batch, which part of it, and the blocks."""

    batch: int
    part: int
    blocks: tuple[int, ...]


def micro_batches(blocks: Sequence[int], parts: int) -> tuple[tuple[int, ...], ...]:
    """The blocks of a batch dealt out in turn, so that parts are alike; parts are empty where there are fewer blocks than parts.

    Part `turn * ranks + rank` is what a rank takes in its turn. `joined(micro_batches(blocks, parts)) == tuple(blocks)`.
    """
    return tuple(tuple(blocks[part::parts]) for part in range(parts))


def joined(parts: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The blocks of all parts in the order in which they were dealt out."""
    longest = max((len(part) for part in parts), default=0)
    return tuple(part[turn] for turn in range(longest) for part in parts if turn < len(part))


def whole_batches(taken: Sequence[Taken], planned: Sequence[PlannedBatch], parts: int) -> tuple[int, ...]:
    """The numbers of the batches that were taken, in order, where all ranks together took exactly the planned blocks of each.

    Raises: IntegrityError naming batches of which a part is missing, was taken twice, or holds other blocks.
    """
    by_batch: dict[int, list[Taken]] = {}
    for one in taken:
        by_batch.setdefault(one.batch, []).append(one)
    wrong = []
    for number, found in by_batch.items():
        ordered = sorted(found, key=lambda one: one.part)
        whole = [one.part for one in ordered] == list(range(parts))
        if not whole or joined([one.blocks for one in ordered]) != planned[number].blocks:
            wrong.append(f"{planned[number].epoch}/{planned[number].step}")
    if wrong:
        raise IntegrityError(
            f"the ranks together did not take the planned blocks of {len(wrong)} batches (epoch/step)",
            where="train",
            expected=f"{parts} parts of each, every block once",
            examples=wrong,
            fix="every rank needs the same job: run train again",
        )
    return tuple(sorted(by_batch))
