"""Millions of rows as columns say the same as the graph that defines depth."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.descent import Bounds, Descent, human_text, synthetic_text, uncounted_text, unknown_text
from governance.provenance.graph import Passed, passed_by
from governance.provenance.passed import PASSED_SCHEMA, KnownModel, by_author, known_model, through_parents

RELEASE = KnownModel(name="student", digest="ab" * 32, depth=2, mean_depth=400)
OLDER = KnownModel(name="student", digest="cd" * 32, depth=1, mean_depth=300)
NOTHING = PASSED_SCHEMA.to_frame()


def rows(records: list[dict[str, object]]) -> pl.DataFrame:
    blank = {"generator": None, "generator_version": None, "parent_ids": []}
    schema = {
        "row_id": pl.String,
        "origin": pl.String,
        "generator": pl.String,
        "generator_version": pl.String,
        "parent_ids": pl.List(pl.String),
    }
    return pl.DataFrame([{**blank, **record} for record in records], schema=schema)


def told(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    return {name: (depth, passages) for name, depth, passages in frame.select(PASSED_SCHEMA.names()).iter_rows()}


@pytest.mark.parametrize(
    ("past", "worst", "expected"),
    [
        (unknown_text(100), True, (1, 1000)),
        (unknown_text(100), False, (0, 0)),
        (uncounted_text(Bounds(low=200, high=400)), True, (1, 400)),
        (uncounted_text(Bounds(low=200, high=400)), False, (1, 200)),
        (uncounted_text(Bounds(low=0, high=0)), True, (0, 0)),
        (synthetic_text(100, passages=2000, depth=3) + unknown_text(100), True, (3, 1500)),
        (synthetic_text(100, passages=2000, depth=3) + human_text(100), True, (3, 1000)),
    ],
)
def test_an_author_whose_past_is_unknown_counts_with_the_end_that_the_policy_names(
    past: Descent, worst: bool, expected: tuple[int, int]
) -> None:
    found = known_model("student", "ab" * 32, past, unknown_is_synthetic=worst)
    assert (found.depth, found.mean_depth) == expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ({"generator": "student", "generator_version": "ab" * 6}, (3, 1400)),
        ({"generator": "other-name", "generator_version": "cd" * 6}, (2, 1300)),
        ({"generator": "student", "generator_version": None}, (3, 1400)),
        ({"generator": "student", "generator_version": "ab"}, (3, 1400)),
        ({"generator": "gpt-4", "generator_version": "0613"}, (1, 1000)),
        ({"origin": "human"}, (0, 0)),
    ],
)
def test_an_author_is_known_by_digest_then_by_name_then_not_at_all(author: dict[str, str], expected: tuple[int, int]) -> None:
    frame = rows([{"row_id": "r", "origin": "model", **author}])
    assert told(by_author(frame, (OLDER, RELEASE))) == {"r": expected}


def test_a_parent_of_an_earlier_batch_counts_and_so_does_what_a_row_was_before() -> None:
    frame = by_author(
        rows(
            [
                {"row_id": "edit", "origin": "hybrid", "generator": "x", "parent_ids": ["old"]},
                {"row_id": "rewrite", "origin": "model", "generator": "x", "parent_ids": ["edit", "nobody"]},
                {"row_id": "again", "origin": "model", "generator": "x"},
                {"row_id": "h", "origin": "human", "parent_ids": ["old"]},
            ]
        ),
        (),
    )
    known = pl.DataFrame([("old", 3, 2200), ("again", 2, 1100), ("other", 9, 9000)], schema=PASSED_SCHEMA, orient="row")
    found = told(through_parents(frame, known))
    assert found == {"edit": (3, 2200), "rewrite": (4, 3200), "again": (2, 1100), "h": (0, 0)}
    assert told(through_parents(frame, NOTHING))["rewrite"] == (2, 2000)


def test_a_model_whose_mean_is_beyond_its_depth_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="mean_depth"):
        KnownModel(name="m", digest="d", depth=0, mean_depth=1)


@st.composite
def batches(draw: st.DrawFn) -> list[dict[str, object]]:
    """Rows that may come from any row before them."""
    made: list[dict[str, object]] = []
    for n in range(draw(st.integers(1, 10))):
        parents = draw(st.lists(st.sampled_from([f"r{k}" for k in range(n)]), max_size=2, unique=True)) if n else []
        origin = draw(st.sampled_from(["human", "model", "hybrid"]))
        made.append({"row_id": f"r{n}", "origin": origin, "generator": None if origin == "human" else "x", "parent_ids": parents})
    return made


@given(batches(), st.randoms(use_true_random=False))
def test_the_columns_say_what_the_graph_says_in_whatever_order_the_rows_come(made: list[dict[str, object]], luck: object) -> None:
    expected: dict[str, Passed] = {}
    for one in made:
        above = [expected[parent] for parent in one["parent_ids"]]  # type: ignore[attr-defined]
        human = one["origin"] == "human"
        expected[str(one["row_id"])] = Passed() if human else passed_by(None, above, made_by_model=one["origin"] == "model")
    luck.shuffle(made)  # type: ignore[attr-defined]
    found = told(through_parents(by_author(rows(made), ()), NOTHING))
    assert found == {name: (one.depth, one.passages) for name, one in expected.items()}
