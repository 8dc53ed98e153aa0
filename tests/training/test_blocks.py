"""Laws of packing: blocks are full, of one role, and hold every human and anchor token."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.training.blocks import ROLES, SYNTHETIC, Blocks, pack

END = 0
rows_strategy = st.lists(
    st.tuples(st.sampled_from(ROLES), st.integers(0, 2), st.lists(st.integers(1, 99), max_size=12)), min_size=0, max_size=25
)


def packed(rows: list[tuple[str, int, list[int]]], block_tokens: int) -> Blocks:
    frame = pl.DataFrame(
        {"row_id": [f"r{n}" for n in range(len(rows))], "role": [r[0] for r in rows], "shard": [r[1] for r in rows]},
        schema={"row_id": pl.String, "role": pl.String, "shard": pl.Int32},
    )
    return pack(frame, [r[2] for r in rows], block_tokens=block_tokens, end=END)


def stream_of(rows: list[tuple[str, int, list[int]]], role: str, shard: int) -> list[int]:
    return [token for row in rows if (row[0], row[1]) == (role, shard) for token in (END, *row[2])]


@given(rows=rows_strategy, block_tokens=st.integers(2, 9))
def test_blocks_are_the_stream_of_their_role_and_shard_in_order(rows: list[tuple[str, int, list[int]]], block_tokens: int) -> None:
    blocks = packed(rows, block_tokens)
    for role in ROLES:
        for shard in range(3):
            stream = stream_of(rows, role, shard)
            found = blocks.tokens[list(blocks.numbers(shard, role))].ravel().tolist()
            if role == SYNTHETIC:
                assert found == stream[: len(stream) // block_tokens * block_tokens]
            else:
                assert found[: len(stream)] == stream
                assert len(found) - len(stream) < block_tokens
                assert found[len(stream) :] == [stream[n % len(stream)] for n in range(len(found) - len(stream))]


@given(rows=rows_strategy, block_tokens=st.integers(2, 9))
def test_a_block_names_exactly_the_rows_that_it_holds(rows: list[tuple[str, int, list[int]]], block_tokens: int) -> None:
    named = [(role, shard, [100 * n + 1] * max(1, len(tokens))) for n, (role, shard, tokens) in enumerate(rows)]
    blocks = packed(named, block_tokens)
    for tokens, row_ids in zip(blocks.tokens, blocks.row_ids, strict=True):
        assert {f"r{token // 100}" for token in tokens.tolist() if token != END} <= set(row_ids)
        assert len(row_ids) <= len(set(row_ids)) <= len(tokens)


def test_a_synthetic_remainder_is_never_filled_up() -> None:
    assert len(packed([(SYNTHETIC, 0, [5, 6])], 4).tokens) == 0
    assert packed([("human", 0, [5, 6])], 4).tokens.tolist() == [[END, 5, 6, END]]


def test_as_many_documents_as_rows_are_wanted() -> None:
    frame = pl.DataFrame({"row_id": ["a"], "role": ["human"], "shard": [0]})
    with pytest.raises(ValueError, match="0 for 1 rows"):
        pack(frame, [], block_tokens=4, end=END)


def test_blocks_of_unequal_columns_or_unknown_roles_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="columns of"):
        Blocks(tokens=np.zeros((2, 4), dtype=np.int32), shards=(0,), roles=("human",), row_ids=((),))
    with pytest.raises(ValueError, match="'teacher' is no role"):
        Blocks(tokens=np.zeros((1, 4), dtype=np.int32), shards=(0,), roles=("teacher",), row_ids=((),))
