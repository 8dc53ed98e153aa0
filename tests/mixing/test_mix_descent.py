"""A mix is as deep as its rows, a refusal says by how much and what would help, and unknown authors count as human-only models."""

import polars as pl
import pytest

from governance.errors import RefusedError
from governance.mixing.descent import descent_document, mix_descent, refuse_beyond_depth
from governance.mixing.rules import MixRules
from governance.provenance.passed import PASSED_SCHEMA

SELECTED = pl.DataFrame(
    {
        "row_id": ["a", "h", "m1", "m2", "m3"],
        "role": ["anchor", "human", "synthetic", "synthetic", "synthetic"],
        "generator": [None, None, "tutor", "student", "stranger"],
        "generator_version": [None, None, "1", "2", None],
        "tokens": [500, 600, 100, 200, 100],
    }
)
PASSED = pl.DataFrame([("m1", 1, 1000), ("m2", 3, 2500)], schema=PASSED_SCHEMA, orient="row")


def test_anchors_are_left_out_and_a_row_that_nobody_traced_counts_as_depth_1() -> None:
    found = mix_descent(SELECTED, PASSED)
    assert (found.human, found.synthetic, found.passages, found.depth) == (600_000, 400_000, 700_000, 3)
    assert (found.share.high, found.effective_share.high) == (400, 539)
    assert descent_document(SELECTED, PASSED) == {
        "depth": 3,
        "passages": 700_000,
        "authors": {"stranger/unknown": 100, "student/2": 200, "tutor/1": 100},
    }


def test_a_mix_of_people_alone_has_no_depth() -> None:
    human = SELECTED.filter(pl.col("role") != "synthetic")
    assert descent_document(human, PASSED) == {"depth": 0, "passages": 0, "authors": {}}


def test_rows_beyond_the_depth_are_named_with_their_authors() -> None:
    refuse_beyond_depth(SELECTED, PASSED, MixRules(max_depth=3))
    with pytest.raises(RefusedError, match="1 rows with 200 tokens have been through up to 3 models") as caught:
        refuse_beyond_depth(SELECTED, PASSED, MixRules(max_depth=2))
    assert caught.value.examples == ("m2",)
    assert caught.value.exit_code == 3
    assert "student" in caught.value.fix


def test_the_effective_cap_says_how_many_human_tokens_would_hold_it() -> None:
    refuse_beyond_depth(SELECTED, PASSED, MixRules(effective_cap_percent=54))
    with pytest.raises(RefusedError, match=r"effective synthetic share 53\.9 %: 700 passages") as caught:
        refuse_beyond_depth(SELECTED, PASSED, MixRules(effective_cap_percent=50))
    assert "add 100 human tokens" in caught.value.fix
    mended = SELECTED.with_columns(tokens=pl.when(pl.col("role") == "human").then(700).otherwise("tokens"))
    refuse_beyond_depth(mended, PASSED, MixRules(effective_cap_percent=50))


@pytest.mark.parametrize("wrong", [{"max_depth": 0}, {"effective_cap_percent": 0}, {"effective_cap_percent": 100}])
def test_impossible_limits_cannot_be_built(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MixRules(**wrong)  # type: ignore[arg-type]
