"""Synthetic text flows through rows and through initial weights, and is never lost on the way."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.digest import canonical_bytes
from governance.provenance.descent import Bounds
from governance.training.batch_log import BATCH_LOG_SCHEMA
from governance.training.lineage import Lineage, Start, SyntheticShare, worst_shard

batches = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)), max_size=12)


def log_of(rows: list[tuple[int, int, int, int]]) -> pl.DataFrame:
    return pl.DataFrame([(0, step, *row, [], [], f"{step:064x}") for step, row in enumerate(rows)], schema=BATCH_LOG_SCHEMA, orient="row")


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
        checkpoint="c" * 64,
        start=start,
        mix=mix_of(mix_depth),
        teachers={"tutor": "e" * 64},
        recipe={"epochs": 1},
        seed=7,
        log=log_of(rows),
        rows_sha256="f" * 64,
    )


def mix_of(depth: int, synthetic: int = 100, passages: int | None = None) -> dict[str, Any]:
    """What a lineage reads of mix.json; every synthetic row as deep as the deepest unless passages are given."""
    through = synthetic * depth * 1000 if passages is None else passages
    return {"root": "d" * 64, "depth": depth, "passages": through, "tokens": {"anchor": 9, "human": 200, "synthetic": synthetic}}


@given(start=starts(), rows=batches, depth=st.integers(1, 5))
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


def test_a_human_only_run_from_a_synthetic_start_keeps_the_starts_depth_and_a_share_above_nothing() -> None:
    start = Start(digest="a", synthetic_tokens=10, total_tokens=100, depth=3)
    lineage = lineage_of(start, [(0, 5, 95, 0)], mix_depth=9)
    assert (lineage.depth, lineage.synthetic_tokens, lineage.total_tokens) == (3, 10, 200)
    assert (lineage.descent.share, lineage.descent.effective_share.low) == (Bounds(low=50, high=50), 137)


def test_depth_counts_generations() -> None:
    assert lineage_of(Start(digest="a"), [(0, 5, 60, 30)], mix_depth=3).depth == 3


def test_passages_flow_through_the_start_and_in_proportion_to_what_was_really_trained() -> None:
    start = Start(digest="a", synthetic_tokens=100, total_tokens=1000, depth=2, passages=150_000)
    lineage = Lineage.of(
        checkpoint="c",
        start=start,
        mix=mix_of(2, synthetic=100, passages=120_000),
        teachers={},
        recipe={},
        seed=7,
        log=log_of([(0, 100, 850, 50)]),
        rows_sha256="f" * 64,
    )
    assert lineage.passages == 150_000 + 60_000
    assert (lineage.descent.mean_depth.high, lineage.descent.share.high, lineage.descent.effective_share.high) == (105, 75, 102)
    document = lineage.document()
    assert (document["mean_depth"], document["effective_share"]) == ({"low": 105, "high": 105}, {"low": 102, "high": 102})


@given(start=starts(), rows=batches, depth=st.integers(1, 5))
def test_a_line_without_recorded_passages_counts_as_deep_as_the_deepest_and_never_less(
    start: Start, rows: list[tuple[int, int, int, int]], depth: int
) -> None:
    lineage = lineage_of(start, rows, depth)
    assert lineage.descent.passages <= lineage.depth * lineage.synthetic_tokens * 1000
    assert lineage.descent.effective_share.high >= lineage.descent.share.high


def test_an_unknown_past_is_handed_on_and_is_no_fresh_start() -> None:
    adopted = Start(digest="a", unknown_tokens=100)
    assert not adopted.untrained
    lineage = lineage_of(adopted, [(0, 20, 60, 20)])
    assert (lineage.unknown_tokens, lineage.as_start().unknown_tokens) == (100, 100)
    assert (lineage.document()["effective_share"], lineage.depth) == ({"low": 100, "high": 600}, 1)
    with pytest.raises(ValueError, match="unknown_tokens"):
        Start(digest="a", unknown_tokens=-1)


def test_a_past_that_nobody_counted_is_handed_on_through_every_document() -> None:
    adopted = Start(digest="a", past_share=Bounds(low=100, high=300))
    assert not adopted.untrained
    lineage = lineage_of(adopted, [(0, 20, 180, 0)])
    assert Lineage.from_document(lineage.document()) == lineage
    assert (lineage.document()["effective_share"], lineage.depth) == ({"low": 0, "high": 300}, 0)
    later = Start.from_document({**lineage.document(), "digest": "b"})
    assert later.past_share == lineage.as_start().past_share == adopted.past_share


def test_the_lineage_of_an_older_version_is_still_read() -> None:
    document = lineage_of(Start(digest="a"), [(0, 5, 60, 30)], mix_depth=2).document()
    later = ("passages", "unknown_tokens", "past_share", "teachers", "mean_depth", "effective_share")
    older = {k: v for k, v in document.items() if k not in later}
    assert Lineage.from_document(older).descent == Lineage.from_document(document).descent


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
