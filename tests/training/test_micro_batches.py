"""Dividing a batch loses nothing, repeats nothing and keeps the parts alike."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import IntegrityError
from governance.training.batches import PlannedBatch
from governance.training.micro_batches import Taken, joined, micro_batches, whole_batches


@given(blocks=st.lists(st.integers(0, 9), max_size=40), parts=st.integers(1, 12))
def test_parts_join_to_the_batch_again_and_differ_by_one_block_at_most(blocks: list[int], parts: int) -> None:
    divided = micro_batches(blocks, parts)
    assert len(divided) == parts
    assert joined(divided) == tuple(blocks)
    sizes = [len(part) for part in divided]
    assert max(sizes) - min(sizes) <= 1


@given(anchors=st.integers(0, 20), others=st.integers(0, 40), parts=st.integers(1, 8))
def test_every_part_has_its_share_of_the_anchors_which_stand_first(anchors: int, others: int, parts: int) -> None:
    batch = [0] * anchors + [1] * others
    counts = [part.count(0) for part in micro_batches(batch, parts)]
    assert max(counts) - min(counts) <= 1


def test_nothing_joins_to_nothing() -> None:
    assert joined([]) == ()
    assert joined([(), ()]) == ()


PLANNED = [PlannedBatch(epoch=0, step=step, shard=0, blocks=tuple(range(10 * step, 10 * step + 7))) for step in range(3)]
TAKEN = [
    Taken(batch=batch.step, part=part, blocks=blocks) for batch in PLANNED for part, blocks in enumerate(micro_batches(batch.blocks, 4))
]


def test_batches_whose_parts_were_all_taken_are_whole_in_whatever_order_ranks_report() -> None:
    assert whole_batches(TAKEN[::-1], PLANNED, 4) == (0, 1, 2)
    assert whole_batches([], PLANNED, 4) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        TAKEN[:-1],
        [*TAKEN, TAKEN[-1]],
        [*TAKEN[:-1], replace(TAKEN[-1], blocks=TAKEN[-2].blocks)],
        [*TAKEN[:-1], replace(TAKEN[-1], part=TAKEN[-2].part)],
    ],
    ids=["a rank that skipped", "a part taken twice", "other blocks", "two ranks with one part"],
)
def test_a_batch_that_the_ranks_did_not_take_as_planned_is_named(wrong: list[Taken]) -> None:
    with pytest.raises(IntegrityError, match="did not take the planned blocks of 1 batches") as caught:
        whole_batches(wrong, PLANNED, 4)
    assert caught.value.examples == ("0/2",)
