"""The log says what was trained, and a log that broke a cap is refused by name."""

import hashlib
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import IntegrityError
from governance.training.batch_log import BATCH_LOG_SCHEMA, Recorded, batch_log, loose_links, verify_log
from governance.training.batches import Caps, plan_training
from governance.training.blocks import ROLES, Blocks

CAPS = Caps(anchor_percent=15, synthetic_cap_percent=35)
ROWS = "0f" * 32


def log_of(*rows: tuple[int, int, int, int]) -> pl.DataFrame:
    """A row per (shard, anchor, human, synthetic)."""
    return pl.DataFrame([(0, step, *row, ["x"], [step], "") for step, row in enumerate(rows)], schema=BATCH_LOG_SCHEMA, orient="row")


def blocks_of(counts: tuple[int, int, int], size: int) -> Blocks:
    roles = tuple(role for role, count in zip(ROLES, counts, strict=True) for _ in range(count))
    ids = tuple((f"{role}-{n}", "shared") for n, role in enumerate(roles))
    return Blocks(tokens=np.zeros((len(roles), size), dtype=np.int32), shards=(2,) * len(roles), roles=roles, row_ids=ids)


@given(
    counts=st.tuples(st.integers(1, 40), st.integers(0, 60), st.integers(0, 60)),
    anchor=st.integers(0, 50),
    cap=st.integers(0, 50),
    epochs=st.integers(1, 3),
)
def test_every_plan_that_can_be_made_passes_its_own_caps(counts: tuple[int, int, int], anchor: int, cap: int, epochs: int) -> None:
    blocks = blocks_of(counts, 4)
    caps = Caps(anchor_percent=anchor, synthetic_cap_percent=cap)
    log = batch_log(blocks, plan_training(blocks, batch_blocks=8, epochs=epochs, caps=caps, seed=1), rows_sha256=ROWS)
    verify_log(log, caps)
    assert log["human_tokens"].sum() == counts[1] * 4 * epochs
    assert log.schema == BATCH_LOG_SCHEMA


def test_the_log_names_each_row_of_a_batch_once() -> None:
    blocks = blocks_of((2, 5, 1), 4)
    log = batch_log(blocks, plan_training(blocks, batch_blocks=32, epochs=1, caps=CAPS, seed=1), rows_sha256=ROWS)
    ids = log["row_ids"][0].to_list()
    assert sorted(ids) == sorted(set(ids))
    assert "shared" in ids
    assert log["shard"].to_list() == [2]


def test_a_batch_with_one_token_too_much_is_named() -> None:
    verify_log(log_of((0, 18, 65, 35)), CAPS)
    with pytest.raises(IntegrityError, match=r"1 batches .* more than 35 % synthetic tokens") as caught:
        verify_log(log_of((0, 18, 65, 35), (0, 18, 64, 36)), CAPS)
    assert caught.value.examples == ("0/1",)


def test_too_little_anchor_is_named() -> None:
    with pytest.raises(IntegrityError, match="less than 15 % anchor tokens"):
        verify_log(log_of((0, 14, 86, 0)), CAPS)


def test_missing_repeated_and_absent_steps_are_refused() -> None:
    log = log_of((0, 18, 65, 35), (0, 18, 65, 35))
    for broken in (log.reverse(), log.tail(1), pl.concat([log, log.tail(1)])):
        with pytest.raises(IntegrityError, match="steps are missing"):
            verify_log(broken, CAPS)
    with pytest.raises(IntegrityError, match="no batch was trained"):
        verify_log(log.clear(), CAPS)


def whole_log() -> pl.DataFrame:
    blocks = blocks_of((3, 20, 5), 4)
    return batch_log(blocks, plan_training(blocks, batch_blocks=8, epochs=2, caps=CAPS, seed=1), rows_sha256=ROWS)


def test_a_chain_can_be_recomputed_with_nothing_but_json_and_sha256() -> None:
    previous = ROWS
    for row in whole_log().iter_rows(named=True):
        said = row.pop("sha256")
        plain = json.dumps({**row, "previous": previous}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert said == hashlib.sha256(plain.encode()).hexdigest()
        previous = said


def test_every_batch_that_was_touched_is_loose_and_no_other() -> None:
    log = whole_log()
    assert loose_links(log, ROWS) == ()
    assert loose_links(log.with_columns(epoch=pl.when(pl.col("step") == 3).then(9).otherwise("epoch").cast(pl.Int32)), ROWS) == (3,)
    assert loose_links(log.filter(pl.col("step") != 2), ROWS) == (2,)
    assert loose_links(log[[0, 2, 1, *range(3, log.height)]], ROWS) == (1, 2, 3)
    assert loose_links(log, "f0" * 32) == (0,)


def test_a_record_comes_back_from_its_document_and_an_empty_log_ends_where_it_begins() -> None:
    recorded = Recorded.of(whole_log(), ROWS)
    assert Recorded.from_document(recorded.document()) == recorded
    assert recorded.head != ROWS
    assert Recorded.of(whole_log().clear(), ROWS).head == ROWS
