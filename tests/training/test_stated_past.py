"""What is stated of an adopted model's past is never taken for more than was stated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.digest import canonical_bytes
from governance.errors import UsageError
from governance.provenance.descent import Bounds
from governance.training.adoption import MOST_TOKENS, NOBODY_KNOWS, StatedPast, stated_share


@st.composite
def shares(draw: st.DrawFn) -> Bounds:
    low = draw(st.integers(0, 1000))
    return Bounds(low=low, high=draw(st.integers(low, 1000)))


@given(shares(), st.none() | st.integers(1, MOST_TOKENS))
def test_the_descent_of_an_adopted_model_holds_the_stated_interval_and_little_more(share: Bounds, tokens: int | None) -> None:
    start = StatedPast(share=share, tokens=tokens).start("a")
    found = start.descent.share
    slack = 0 if tokens is None else -(-1000 // tokens) + 1
    assert share.low - slack <= found.low <= share.low
    assert share.high <= found.high <= share.high + slack
    assert not start.untrained
    assert canonical_bytes({"passages": start.passages})


def test_where_nobody_says_anything_the_past_is_anything_from_none_to_all() -> None:
    assert StatedPast().start("a").descent.share == NOBODY_KNOWS
    counted = StatedPast(tokens=1000).start("a")
    assert (counted.unknown_tokens, counted.total_tokens, counted.depth) == (1000, 0, 0)


def test_counted_tokens_are_surely_synthetic_surely_human_or_unknown() -> None:
    start = StatedPast(share=Bounds(low=100, high=300), tokens=1000).start("a")
    assert (start.synthetic_tokens, start.total_tokens, start.unknown_tokens) == (100, 800, 200)
    assert (start.depth, start.passages, start.descent.share) == (1, 100_000, Bounds(low=100, high=300))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("0:1", 0, 1000), ("0", 0, 0), ("0.3", 300, 300), ("0.0001:0.0001", 0, 1), ("0.12345:.5", 123, 500), ("1e-1:1", 100, 1000)],
)
def test_an_interval_is_read_in_thousandths_and_rounded_outwards(text: str, low: int, high: int) -> None:
    assert stated_share(text) == Bounds(low=low, high=high)


@pytest.mark.parametrize("text", ["", ":", "0.3:0.1", "-0.1:1", "0:1.1", "30", "30%", "nan", "inf:inf", "0:1:1", "a:b"])
def test_what_is_no_interval_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="no interval of a share"):
        stated_share(text)


@pytest.mark.parametrize("wrong", [{"tokens": 0}, {"tokens": MOST_TOKENS + 1}, {"share": Bounds(low=0, high=1001)}])
def test_impossible_pasts_cannot_be_stated(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"tokens|share"):
        StatedPast(**wrong)  # type: ignore[arg-type]
