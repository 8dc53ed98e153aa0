"""Laws of the batch plan: quotas hold in every batch, human text is always trained, nothing depends on chance but the order."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import IntegrityError, PolicyError
from governance.training.batches import Batch, Caps, plan_batches, plan_training
from governance.training.blocks import ANCHOR, HUMAN, ROLES, SYNTHETIC, Blocks

counts_strategy = st.fixed_dictionaries({ANCHOR: st.integers(1, 120), HUMAN: st.integers(0, 120), SYNTHETIC: st.integers(0, 120)})
caps_strategy = st.builds(Caps, anchor_percent=st.integers(0, 50), synthetic_cap_percent=st.integers(0, 50))
DEFAULT = Caps(anchor_percent=15, synthetic_cap_percent=35)


def plan(counts: dict[str, int], *, batch_blocks: int = 32, caps: Caps = DEFAULT, seed: int = 7, epoch: int = 0) -> tuple[Batch, ...]:
    return plan_batches(counts, batch_blocks=batch_blocks, caps=caps, seed=seed, epoch=epoch)


@given(counts=counts_strategy, caps=caps_strategy, batch_blocks=st.integers(2, 40), seed=st.integers(0, 2**63), epoch=st.integers(0, 9))
def test_every_batch_keeps_both_caps_and_its_size(counts: dict[str, int], caps: Caps, batch_blocks: int, seed: int, epoch: int) -> None:
    for batch in plan(counts, batch_blocks=batch_blocks, caps=caps, seed=seed, epoch=epoch):
        anchor, human, synthetic = len(batch.anchor), len(batch.human), len(batch.synthetic)
        assert 0 < anchor + human + synthetic <= batch_blocks
        assert anchor * 100 >= caps.anchor_percent * batch_blocks
        assert synthetic * 100 <= caps.synthetic_cap_percent * (human + synthetic)


@given(counts=counts_strategy, caps=caps_strategy, batch_blocks=st.integers(2, 40), epoch=st.integers(0, 9))
def test_every_human_and_anchor_block_is_trained_and_no_synthetic_one_twice(
    counts: dict[str, int], caps: Caps, batch_blocks: int, epoch: int
) -> None:
    batches = plan(counts, batch_blocks=batch_blocks, caps=caps, epoch=epoch)
    human = [n for batch in batches for n in batch.human]
    synthetic = Counter(n for batch in batches for n in batch.synthetic)
    anchor = Counter(n for batch in batches for n in batch.anchor)
    assert sorted(human) == list(range(counts[HUMAN]))
    assert set(synthetic.values()) <= {1}
    assert set(synthetic) <= set(range(counts[SYNTHETIC]))
    assert set(anchor) == set(range(counts[ANCHOR]))
    assert max(anchor.values()) - min(anchor.values()) <= 1


@given(human=st.integers(40, 300), share=st.integers(1, 30))
def test_a_mix_well_under_the_cap_loses_no_synthetic_block(human: int, share: int) -> None:
    counts = {ANCHOR: 20, HUMAN: human, SYNTHETIC: human * share // (100 - share)}
    batches = plan(counts)
    assert sum(len(batch.synthetic) for batch in batches) >= counts[SYNTHETIC] - 2


def test_a_mix_at_the_cap_loses_little_and_never_passes_it() -> None:
    counts = {ANCHOR: 60, HUMAN: 650, SYNTHETIC: 350}
    trained = sum(len(batch.synthetic) for batch in plan(counts))
    assert 325 <= trained <= 350


def test_batches_are_alike_to_one_block_of_a_role() -> None:
    batches = plan({ANCHOR: 90, HUMAN: 300, SYNTHETIC: 100})
    for sizes in ([len(b.human) for b in batches], [len(b.synthetic) for b in batches], [len(b.anchor) for b in batches]):
        assert max(sizes) - min(sizes) <= 2


@given(counts=counts_strategy, seed=st.integers(0, 1000))
def test_the_plan_is_a_function_of_its_arguments_and_epochs_differ_in_order_only(counts: dict[str, int], seed: int) -> None:
    first, again, other = plan(counts, seed=seed), plan(counts, seed=seed), plan(counts, seed=seed, epoch=1)
    assert first == again
    assert [len(b.human) for b in first] == [len(b.human) for b in other]


def test_another_seed_epoch_or_shard_is_another_order() -> None:
    counts = {ANCHOR: 10, HUMAN: 100, SYNTHETIC: 0}
    orders = {
        plan_batches(counts, batch_blocks=32, caps=DEFAULT, seed=seed, epoch=epoch, shard=shard)
        for seed in (1, 2)
        for epoch in (0, 1)
        for shard in (0, 1)
    }
    assert len(orders) == 8


def test_synthetic_text_alone_is_never_trained() -> None:
    batches = plan({ANCHOR: 5, HUMAN: 0, SYNTHETIC: 40})
    assert all(not batch.synthetic for batch in batches)


def test_no_block_at_all_is_no_batch() -> None:
    assert plan({}) == ()


def test_missing_anchors_are_refused_where_the_caps_want_some() -> None:
    with pytest.raises(IntegrityError, match="no anchor tokens"):
        plan({HUMAN: 9})
    assert plan({HUMAN: 9}, caps=Caps(anchor_percent=0, synthetic_cap_percent=35))


def test_a_batch_with_room_for_anchors_only_names_the_setting() -> None:
    with pytest.raises(PolicyError, match=r"policy\.training\.recipe\.batch_blocks"):
        plan({ANCHOR: 9, HUMAN: 9}, batch_blocks=1)


@pytest.mark.parametrize(("anchor", "cap"), [(-1, 35), (100, 35), (15, -1), (15, 100)])
def test_shares_that_are_no_percentages_cannot_be_built(anchor: int, cap: int) -> None:
    with pytest.raises(ValueError, match="percent"):
        Caps(anchor_percent=anchor, synthetic_cap_percent=cap)


def blocks_of(shards: dict[int, dict[str, int]]) -> Blocks:
    flat = [(shard, role) for shard, counts in shards.items() for role in ROLES for _ in range(counts.get(role, 0))]
    return Blocks(
        tokens=np.zeros((len(flat), 4), dtype=np.int32),
        shards=tuple(shard for shard, _ in flat),
        roles=tuple(role for _, role in flat),
        row_ids=tuple((f"r{n}",) for n in range(len(flat))),
    )


def test_a_run_goes_epoch_by_epoch_and_shard_by_shard_with_blocks_of_one_shard_a_batch() -> None:
    blocks = blocks_of({0: {ANCHOR: 3, HUMAN: 20, SYNTHETIC: 5}, 4: {ANCHOR: 3, HUMAN: 9}})
    planned = plan_training(blocks, batch_blocks=8, epochs=2, caps=DEFAULT, seed=3)
    assert [batch.step for batch in planned] == list(range(len(planned)))
    assert [(b.epoch, b.shard) for b in planned] == sorted((b.epoch, b.shard) for b in planned)
    assert all({blocks.shards[n] for n in batch.blocks} == {batch.shard} for batch in planned)


def test_nothing_to_train_on_is_said_so() -> None:
    with pytest.raises(IntegrityError, match="nothing to train on"):
        plan_training(blocks_of({}), batch_blocks=8, epochs=1, caps=DEFAULT, seed=3)
