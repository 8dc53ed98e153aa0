"""Synthetic text flows through rows and through initial weights, and is never lost on the way."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.digest import canonical_bytes
from governance.training.batch_log import BATCH_LOG_SCHEMA
from governance.training.lineage import Lineage, Start, SyntheticShare, rows_depth, worst_shard

batches = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)), max_size=12)


def log_of(rows: list[tuple[int, int, int, int]]) -> pl.DataFrame:
    return pl.DataFrame([(0, step, *row, []) for step, row in enumerate(rows)], schema=BATCH_LOG_SCHEMA, orient="row")


def starts() -> st.SearchStrategy[Start]:
    return st.integers(0, 50).flatmap(
        lambda synthetic: st.builds(
            Start,
            digest=st.just("a" * 64),
            synthetic_tokens=st.just(synthetic),
            total_tokens=st.integers(synthetic, 500),
            depth=st.integers(1, 5) if synthetic else st.just(0),
        )
    )


def lineage_of(start: Start, rows: list[tuple[int, int, int, int]], mix_depth: int = 1) -> Lineage:
    return Lineage.of(
        checkpoint="c" * 64, start=start, mix_root="d" * 64, mix_depth=mix_depth, recipe={"epochs": 1}, seed=7, log=log_of(rows)
    )


@given(start=starts(), rows=batches, depth=st.integers(0, 5))
def test_tokens_add_up_and_depth_is_zero_exactly_without_synthetic_ancestors(
    start: Start, rows: list[tuple[int, int, int, int]], depth: int
) -> None:
    lineage = lineage_of(start, rows, depth)
    assert lineage.synthetic_tokens == start.synthetic_tokens + sum(row[3] for row in rows)
    assert lineage.total_tokens == start.total_tokens + sum(sum(row[1:]) for row in rows)
    assert (lineage.depth == 0) == (lineage.synthetic_tokens == 0)
    assert lineage.depth >= start.depth


@given(start=starts(), rows=batches)
def test_a_lineage_comes_back_from_its_document(start: Start, rows: list[tuple[int, int, int, int]]) -> None:
    lineage = lineage_of(start, rows)
    assert Lineage.from_document(lineage.document()) == lineage
    assert canonical_bytes(lineage.document())
    assert lineage.as_start().total_tokens == lineage.total_tokens


def test_a_human_only_run_from_a_synthetic_start_keeps_the_starts_depth() -> None:
    start = Start(digest="a", synthetic_tokens=10, total_tokens=100, depth=3)
    assert lineage_of(start, [(0, 5, 95, 0)], mix_depth=9).depth == 3


def test_depth_counts_generations() -> None:
    assert rows_depth([]) == 0
    assert rows_depth([None]) == 1
    assert rows_depth([0, 2, None]) == 3
    assert lineage_of(Start(digest="a"), [(0, 5, 60, 30)], mix_depth=3).depth == 3


def test_the_worst_shard_is_the_one_with_the_largest_share_and_not_the_most_tokens() -> None:
    log = log_of([(0, 9, 900, 100), (1, 9, 30, 20), (1, 9, 30, 20), (2, 9, 0, 0)])
    assert worst_shard(log) == SyntheticShare(synthetic=40, total=100)
    assert worst_shard(log.clear()) == SyntheticShare(synthetic=0, total=0)


def test_only_fresh_weights_are_untrained() -> None:
    assert Start.from_document({"digest": "a", "version": None, "synthetic_tokens": 0, "total_tokens": 0, "depth": 0}).untrained
    assert not Start(digest="a", total_tokens=1).untrained


@pytest.mark.parametrize(
    "wrong",
    [
        {"synthetic_tokens": 2, "total_tokens": 1, "depth": 1},
        {"synthetic_tokens": -1, "total_tokens": 1},
        {"synthetic_tokens": 1, "total_tokens": 1, "depth": 0},
        {"synthetic_tokens": 0, "total_tokens": 1, "depth": 1},
    ],
)
def test_impossible_starts_cannot_be_built(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"synthetic_tokens|depth"):
        Start(digest="a", **wrong)


def test_a_lineage_cannot_have_seen_less_than_it_was_trained_on() -> None:
    document = lineage_of(Start(digest="a"), [(0, 5, 60, 30)]).document()
    with pytest.raises(ValueError, match="more than the checkpoint has seen"):
        Lineage.from_document({**document, "total_tokens": 94})
    with pytest.raises(ValueError, match="are not the roles"):
        Lineage.from_document({**document, "trained_tokens": {"human": 1}})
