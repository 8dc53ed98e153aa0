"""Counting is exact over every row; the sample and the copies are bounded, and do not depend on the order that rows come in."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import BatchError
from governance.provenance.corpus.sample import Copies, Sample
from governance.provenance.corpus.tally import MOST_NAMES, Tally
from tests.provenance.corpus_rows import held, human, model

ROWS = held(*(human(f"r{n}", f"text number {n}") for n in range(400)))


def sampled(rows: pl.DataFrame, chunk: int, most_rows: int = 50, most_characters: int = 10**9) -> Sample:
    sample = Sample(most_rows=most_rows, most_characters=most_characters)
    for first in range(0, rows.height, chunk):
        sample = sample.with_rows(rows[first : first + chunk])
    return sample


@settings(deadline=None, max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(1, 400))
def test_the_sample_does_not_depend_on_order_or_on_how_rows_come_in(shuffle, chunk: int):
    order = list(range(ROWS.height))
    shuffle.shuffle(order)
    assert sampled(ROWS[order], chunk).frame().equals(sampled(ROWS, 400).frame())


def test_the_sample_keeps_its_room_and_says_what_part_of_the_rows_it_is():
    sample = sampled(ROWS, 100)
    assert sample.rows == sample.frame().height <= 50
    assert 400 / 2**sample.halvings == pytest.approx(sample.rows, abs=20)
    assert not sample.whole
    by_size = sampled(ROWS, 100, most_rows=400, most_characters=2_000)
    assert by_size.characters <= 2_000 < ROWS["text"].str.len_chars().sum()


def test_rows_that_fit_are_all_looked_at():
    sample = sampled(ROWS, 7, most_rows=400)
    assert sample.whole
    assert sorted(sample.frame()["row_id"]) == sorted(ROWS["row_id"])


def test_one_id_for_every_row_does_not_empty_the_sample():
    assert sampled(held(*(human("same", f"text {n}") for n in range(300))), 100).rows > 10


def test_copies_are_counted_together_or_not_at_all():
    names = [f"digest{n % 1000}" for n in range(5_000)]
    assert (Copies().with_rows(names).rows, Copies().with_rows(names).repeats) == (5_000, 4_000)
    small = Copies(most=200)
    for first in range(0, 5_000, 700):
        small = small.with_rows(names[first : first + 700])
    assert small.hashes.size <= 200
    assert small.halvings > 0
    assert small.repeats / small.rows == pytest.approx(0.8)


def test_a_tally_in_parts_is_the_tally_of_the_whole():
    rows = held(
        human("a", "one two", vintage="2019-03-01", source_tier="archive", slice="news"),
        model("b", "one two three", vintage="2023", slice="news"),
        model("c", "one", generator="GPT-4"),
        {"row_id": "d", "text": "x"},
    )
    whole = Tally().with_rows(rows, {"empty-text": 2}, {"missing-origin": 1})
    parts = Tally().with_rows(rows[:2], {"empty-text": 1}, {}).with_rows(rows[2:], {"empty-text": 1}, {"missing-origin": 1})
    assert whole.classes.equals(parts.classes)
    assert (parts.rows, parts.tokens, parts.characters) == (4, 7, 24)
    assert (parts.left_out, parts.troubles) == ({"empty-text": 2}, {"missing-origin": 1})
    assert parts.declared() == {"human": {"rows": 1, "tokens": 2}, "model": {"rows": 2, "tokens": 4}, "unknown": {"rows": 1, "tokens": 1}}
    assert list(parts.groups("vintage")) == ["2019", "2023", "unknown"]
    assert list(parts.groups("source_tier")) == ["unknown", "archive"]
    assert [one["generator"] for one in parts.generators()] == ["GPT-4", "gpt-4"]
    assert parts.alias_suggestions({"gpt4": "gpt-4"}) == {"GPT-4": "gpt-4"}


def test_a_column_of_names_that_are_no_classes_is_refused():
    slices = pl.DataFrame({"slice": [f"page-{n}" for n in range(MOST_NAMES + 1)]})
    rows = held(human("a", "t")).drop("slice").join(slices, how="cross")
    with pytest.raises(BatchError, match="slice or source_tier takes more than 50,000 values"):
        Tally().with_rows(rows, {}, {})


def test_keys_are_spread_over_all_their_bits():
    keys = Sample(most_rows=1000, most_characters=10**9).with_rows(ROWS).frame()["key"].to_numpy()
    assert np.median(keys) / 2**64 == pytest.approx(0.5, abs=0.1)
