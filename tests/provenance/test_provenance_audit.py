from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.audit import ProvenanceAudit
from governance.provenance.outline import BatchOutline

COLUMNS = {
    "origin": pl.String,
    "generator": pl.String,
    "generator_version": pl.String,
    "vintage": pl.Date,
    "slice": pl.String,
    "rule": pl.String,
    "move": pl.String,
    "labelled_by": pl.String,
}
ROW = st.builds(
    lambda human, version, day, part, rule, move: (
        "human" if human else "model",
        None if human else "g",
        None if human else version,
        day,
        part,
        rule,
        move,
        move and "steward-a",
    ),
    st.booleans(),
    st.sampled_from([None, "1"]),
    st.sampled_from([None, date(2020, 1, 1)]),
    st.sampled_from(["news", "none"]),
    st.sampled_from([None, None, "empty-text", "missing-id"]),
    st.sampled_from([None, "human->model"]),
)


def frame(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=COLUMNS, orient="row").with_columns(generator_found="generator")


@given(st.lists(ROW), st.lists(ROW))
def test_counts_add_up_and_the_audit_of_parts_is_the_audit_of_the_whole(
    one: list[tuple[object, ...]], other: list[tuple[object, ...]]
) -> None:
    whole = ProvenanceAudit.of(frame(one + other))
    assert (ProvenanceAudit.of(frame(one)) + ProvenanceAudit.of(frame(other))).document() == whole.document()
    assert whole.rows_in == len(one) + len(other) == whole.admitted + whole.quarantined
    assert sum(whole.by_origin.values()) == whole.admitted
    assert sum(whole.generators.values()) == whole.by_origin.get("model", 0)


def test_an_audit_that_does_not_add_up_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="2 rows refused of 1"):
        ProvenanceAudit(rows_in=1, by_rule={"x": 2})
    with pytest.raises(ValueError, match="1 rows admitted, but 0 counted"):
        ProvenanceAudit(rows_in=1)


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(0, 100))
def test_a_quantile_of_an_outline_is_that_of_the_lengths(lengths: list[int], percent: int) -> None:
    rows = pl.DataFrame(
        {"text": ["x" * n for n in lengths], "vintage": [None] * len(lengths)}, schema={"text": pl.String, "vintage": pl.Date}
    )
    half = len(lengths) // 2
    outline = BatchOutline.of(rows[:half]) + BatchOutline.of(rows[half:])
    found = outline.characters_at(percent)
    assert sum(n <= found for n in lengths) * 100 >= percent * len(lengths)
    assert sum(n < found for n in lengths) * 100 < max(percent * len(lengths), 1)


def test_an_empty_outline_has_no_length() -> None:
    assert BatchOutline().characters_at(50) == 0
