"""The mix of a human-only control has the candidate's budget and nothing synthetic."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from governance.training.matched import human_only

ROWS = st.lists(st.tuples(st.sampled_from(["anchor", "human", "synthetic"]), st.integers(1, 50)), max_size=30)


def frame(rows: list[tuple[str, int]]) -> pl.DataFrame:
    schema = {"row_id": pl.String, "role": pl.String, "tokens": pl.Int64}
    return pl.DataFrame([(f"r{place}", *row) for place, row in enumerate(rows)], schema=schema, orient="row")


@given(ROWS)
def test_as_many_tokens_as_before_and_no_row_that_a_model_wrote(rows: list[tuple[str, int]]):
    mix = frame(rows)
    control = human_only(mix)
    assert "synthetic" not in set(control["role"])
    assert control.head(mix.filter(pl.col("role") != "synthetic").height).equals(mix.filter(pl.col("role") != "synthetic"))
    humans = mix.filter(role="human")
    if humans.height:
        over = int(control["tokens"].sum()) - int(mix["tokens"].sum())
        assert 0 <= over < int(humans["tokens"].max())
        shown = control.filter(role="human").group_by("row_id").len()["len"]
        assert shown.max() - shown.min() <= 1


def test_anchors_are_as_many_as_before_and_a_mix_without_people_is_only_cut():
    assert human_only(frame([("anchor", 5), ("synthetic", 9)]))["role"].to_list() == ["anchor"]
    assert human_only(frame([("anchor", 5), ("human", 3), ("synthetic", 7)]))["role"].to_list() == [
        "anchor",
        "human",
        "human",
        "human",
        "human",
    ]
