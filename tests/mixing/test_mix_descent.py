"""A mix is as deep as its rows, a refusal says by how much and what would help, and unknown authors count as human-only models."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import RefusedError
from governance.mixing.descent import Passages, descent_document, refuse_beyond_depth
from governance.mixing.rules import MixRules
from governance.provenance.passed import PASSED_SCHEMA

SELECTED = pl.DataFrame(
    {
        "row_id": ["a", "h", "m1", "m2", "m3"],
        "role": ["anchor", "human", "synthetic", "synthetic", "synthetic"],
        "generator": [None, None, "tutor", "student", "stranger"],
        "generator_version": [None, None, "1", "2", None],
        "tokens": [500, 600, 100, 200, 100],
        "counted": [0, 0, 100, 200, 100],
    }
)
PASSED = pl.DataFrame([("m1", 1, 1000), ("m2", 3, 2500)], schema=PASSED_SCHEMA, orient="row")


def test_anchors_are_left_out_and_a_row_that_nobody_traced_counts_as_depth_1() -> None:
    found = Passages.of(SELECTED, PASSED).descent
    assert (found.human, found.synthetic, found.passages, found.depth) == (600_000, 400_000, 700_000, 3)
    assert (found.share.high, found.effective_share.high) == (400, 539)
    assert descent_document(Passages.of(SELECTED, PASSED)) == {
        "depth": 3,
        "passages": 700_000,
        "effective_share": {"low": 539, "high": 539},
        "authors": {"stranger/unknown": 100, "student/2": 200, "tutor/1": 100},
        "author_rows": {"stranger/unknown": 1, "student/2": 1, "tutor/1": 1},
    }


def test_a_row_that_names_no_author_has_an_unknown_one() -> None:
    exposed = SELECTED.with_columns(pl.lit(None, dtype=pl.String).alias("generator"))
    found = Passages.joined([Passages.of(exposed, PASSED), Passages.of(SELECTED, PASSED)])
    authors = {"stranger/unknown": 100, "student/2": 200, "tutor/1": 100, "unknown/1": 100, "unknown/2": 200, "unknown/unknown": 100}
    assert descent_document(found)["authors"] == authors
    with pytest.raises(RefusedError, match="leave out what these authors wrote: student, unknown"):
        refuse_beyond_depth(found, MixRules(max_depth=2))


def test_a_mix_of_people_alone_has_no_depth() -> None:
    human = SELECTED.filter(pl.col("role") != "synthetic")
    assert descent_document(Passages.of(human, PASSED)) == {
        "depth": 0,
        "passages": 0,
        "effective_share": {"low": 0, "high": 0},
        "authors": {},
        "author_rows": {},
    }


def test_rows_beyond_the_depth_are_named_with_their_authors() -> None:
    refuse_beyond_depth(Passages.of(SELECTED, PASSED), MixRules(max_depth=3))
    with pytest.raises(RefusedError, match="1 rows with 200 tokens have been through up to 3 models") as caught:
        refuse_beyond_depth(Passages.of(SELECTED, PASSED), MixRules(max_depth=2))
    assert caught.value.examples == ("m2",)
    assert caught.value.exit_code == 3
    assert "student" in caught.value.fix


def test_the_effective_cap_says_how_many_human_tokens_would_hold_it() -> None:
    refuse_beyond_depth(Passages.of(SELECTED, PASSED), MixRules(effective_cap_percent=54))
    with pytest.raises(RefusedError, match=r"effective synthetic share 53\.9 %: 700 passages") as caught:
        refuse_beyond_depth(Passages.of(SELECTED, PASSED), MixRules(effective_cap_percent=50))
    assert "add 100 human tokens" in caught.value.fix
    mended = SELECTED.with_columns(tokens=pl.when(pl.col("role") == "human").then(700).otherwise("tokens"))
    refuse_beyond_depth(Passages.of(mended, PASSED), MixRules(effective_cap_percent=50))


@pytest.mark.parametrize("wrong", [{"max_depth": 0}, {"effective_cap_percent": 0}, {"effective_cap_percent": 100}])
def test_impossible_limits_cannot_be_built(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MixRules(**wrong)  # type: ignore[arg-type]


@st.composite
def weighed(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame, list[int], list[int]]:
    """A mix of people's rows and hybrids, what those passed, and two weights of each hybrid in thousandths, the second no smaller."""
    kinds = draw(
        st.lists(st.tuples(st.integers(1, 400), st.integers(1, 4), st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=6)
    )
    human = draw(st.integers(0, 2_000))
    rows = [(f"y{n}", "synthetic", tokens) for n, (tokens, *_) in enumerate(kinds)] + [("h", "human", human)]
    selected = pl.DataFrame(rows, schema=["row_id", "role", "tokens"], orient="row").with_columns(
        generator=pl.lit("x"), generator_version=pl.lit("1")
    )
    passed = pl.DataFrame([(f"y{n}", depth, 1000 * depth) for n, (_, depth, *_) in enumerate(kinds)], schema=PASSED_SCHEMA, orient="row")
    weights = [sorted(pair) for *_, first, second in kinds for pair in [(first, second)]]
    return selected, passed, [low for low, _ in weights], [high for _, high in weights]


def with_weights(selected: pl.DataFrame, weights: list[int]) -> pl.DataFrame:
    counted = [-(-tokens * weight // 1000) for tokens, weight in zip(selected["tokens"], [*weights, 0], strict=True)]
    return selected.with_columns(pl.Series("counted", counted, dtype=pl.Int64))


@given(weighed())
def test_the_effective_share_of_hybrids_is_monotone_in_their_weights_full_by_default_and_never_below_what_the_score_proves(found):
    selected, passed, low, high = found
    full = [1000] * len(low)
    shares = [Passages.of(with_weights(selected, weights), passed).descent.effective_share.high for weights in (low, high, full)]
    assert shares == sorted(shares)
    rows = with_weights(selected, low)
    proven, whole = int(rows["counted"].sum()), int(selected["tokens"].sum())
    assert shares[0] * whole >= proven * 1000
    plain = Passages.of(with_weights(selected, full), passed).descent
    assert plain.synthetic == 1000 * int(selected.filter(pl.col("role") == "synthetic")["tokens"].sum())
    assert descent_document(Passages.of(rows, passed))["passages"] == plain.passages


def test_the_rest_of_a_hybrid_makes_no_room_under_the_effective_cap():
    halved = SELECTED.with_columns(counted=pl.Series([0, 0, 50, 100, 50]))
    found = Passages.of(halved, PASSED).descent
    assert (found.human, found.synthetic, found.passages) == (600_000, 200_000, 350_000)
    refuse_beyond_depth(Passages.of(halved, PASSED), MixRules(effective_cap_percent=40))
    with pytest.raises(RefusedError, match=r"effective synthetic share 36\.9 %"):
        refuse_beyond_depth(Passages.of(halved, PASSED), MixRules(effective_cap_percent=36))
