"""The emission ledger's sample: laws of merging, what it recognises, and what it must not."""

from functools import reduce
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import IntegrityError
from governance.provenance.emissions import (
    RUN,
    Emissions,
    containment,
    emissions_bytes,
    emitted,
    merged,
    nothing_emitted,
    read_emissions,
)
from governance.provenance.synthesis import EmissionLimits

SMALL = EmissionLimits(runs=1_000, rows=1_000)
WIDE = EmissionLimits()


def prose(words: int, seed: int) -> str:
    return " ".join(f"w{n}" for n in np.random.Generator(np.random.Philox(seed)).integers(0, 50_000, words))


def entered(generator: str, texts: list[str], limits: EmissionLimits = WIDE) -> Emissions:
    return emitted(generator, texts, [""] * len(texts), limits)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(["a/1", "b/2"]), st.integers(0, 5), st.integers(0, 900)), min_size=1, max_size=3))
def test_the_order_of_entries_and_entering_twice_change_nothing(entries: list[tuple[str, int, int]]):
    parts = [entered(name, [prose(words, seed)], SMALL) for name, seed, words in entries]
    expected = reduce(lambda one, other: merged(one, other, SMALL), parts, nothing_emitted())
    for order in permutations(parts):
        found = reduce(lambda one, other: merged(one, other, SMALL), (*order, order[0]), nothing_emitted())
        assert found.table.equals(expected.table)


def test_the_sample_of_a_union_is_the_same_however_it_was_grouped():
    parts = [entered("a/1", [prose(700, seed)], SMALL) for seed in range(6)]
    left = reduce(lambda one, other: merged(one, other, SMALL), parts)
    pairs = [merged(parts[n], parts[n + 1], SMALL) for n in (0, 2, 4)]
    right = merged(pairs[2], merged(pairs[1], pairs[0], SMALL), SMALL)
    assert left.table.equals(right.table)
    assert left.halvings(RUN) == 3
    assert left.hashes(RUN).size <= SMALL.runs


def test_a_copy_is_contained_and_fresh_text_is_not():
    texts = [prose(100, seed) for seed in range(20)]
    known = entered("a/1", texts)
    found = containment(known, [texts[3], prose(100, 999), "too few words"])
    assert found.looked_at.tolist() == [96, 96, 0]
    assert found.emitted.tolist() == [96, 0, 0]
    assert np.isnan(found.shares[2])


def test_a_sampled_ledger_estimates_the_share_that_a_whole_one_finds():
    texts = [prose(300, seed) for seed in range(100)]
    half = [" ".join([*text.split()[:150], *prose(150, 5_000 + seed).split()]) for seed, text in enumerate(texts)]
    whole, sampled = entered("a/1", texts), entered("a/1", texts, EmissionLimits(runs=4_000, rows=1_000))
    assert sampled.halvings(RUN) == 3
    exact, estimate = containment(whole, half), containment(sampled, half)
    assert estimate.looked_at.sum() == pytest.approx(exact.looked_at.sum() / 8, rel=0.1)
    assert estimate.emitted.sum() / estimate.looked_at.sum() == pytest.approx(exact.emitted.sum() / exact.looked_at.sum(), abs=0.03)


def test_words_that_the_author_was_given_are_not_its_own():
    human = prose(40, 1)
    hybrid = f"{prose(40, 2)} {human}"
    known = emitted("a/1", [hybrid], [human], WIDE)
    found = containment(known, [human, hybrid])
    assert found.emitted.tolist() == [0, 40]


def test_a_run_that_one_text_was_given_still_counts_where_another_wrote_it():
    shared = prose(10, 1)
    known = emitted("a/1", [shared, shared], [shared, ""], WIDE)
    assert containment(known, [shared]).emitted.tolist() == [6]


def test_rows_are_counted_once_a_generator_and_text():
    once = entered("a/1", ["one row", "two rows", "one row"])
    assert once.rows == 2
    assert merged(once, entered("b/2", ["one row"]), WIDE).rows == 3
    assert merged(once, once, WIDE).rows == 2


def test_case_and_punctuation_do_not_hide_a_copy():
    known = entered("a/1", ["The cat sat on the mat, and it slept."])
    assert containment(known, ["the CAT sat; on the mat and it slept"]).shares[0] == 1


def test_nothing_emitted_contains_nothing_and_looks_at_everything():
    found = containment(nothing_emitted(), [prose(10, 1)])
    assert (found.looked_at.tolist(), found.emitted.tolist()) == ([6], [0])
    assert nothing_emitted().rows == 0


def test_emissions_come_back_from_their_file(tmp_path):
    known = entered("a/1", [prose(50, 1)])
    (tmp_path / "e.parquet").write_bytes(emissions_bytes(known))
    assert read_emissions(tmp_path / "e.parquet").table.equals(known.table)
    assert emissions_bytes(read_emissions(tmp_path / "e.parquet")) == emissions_bytes(known)


def test_a_file_that_holds_something_else_is_an_integrity_error(tmp_path):
    (tmp_path / "e.parquet").write_bytes(b"PAR1 or not")
    with pytest.raises(IntegrityError, match="cannot be read as emissions"):
        read_emissions(tmp_path / "e.parquet")


@pytest.mark.parametrize("name", ["runs", "rows"])
def test_a_sample_too_small_to_say_anything_is_no_setting(name: str):
    with pytest.raises(ValueError, match=f"{name}: 10 is not at least 1000"):
        EmissionLimits(**{name: 10})
