"""What is read beside human text, against scipy, rouge_score and plain counting."""

import itertools
import math
from collections import Counter
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from numbered_sets import VOCABULARY, context, made, sample_sets
from scipy import stats

from governance.collapse import human
from governance.collapse.evidence import Unmeasured
from governance.collapse.rouge import rouge_sums, self_rouge
from governance.collapse.scaffolds import has_list, list_share, transition_rate

COUNTS = [4, 0, 3, 1, 0, 7, 2, 2, 1]
DOCUMENTS = [[0, 0, 0, 5, 5, 2], [0, 2, 2, 5, 5, 5], [3, 5, 5, 6, 6, 7, 7, 8]]


def kept(said: list[list[int]], prompts: list[int], out: int) -> list[list[int]]:
    return [text for text, prompt in zip(said, prompts, strict=True) if prompt != out]


def slow_divergence(said: list[list[int]]) -> float:
    found = Counter(w for text in said for w in text)
    classes = [w for w in range(VOCABULARY) if COUNTS[w]]
    other = sum(count for w, count in found.items() if not COUNTS[w])
    return float(stats.entropy([*(COUNTS[w] for w in classes), 0], [*(found[w] + 0.5 for w in classes), other + 0.5], base=2))


def slow_index(said: list[list[int]]) -> float:
    """The symmetric sum of two relative entropies over the bands 5 | 0 | 2 | 6 7 | 3 8 and the words that the shard lacks."""
    bands = [[5], [0], [2], [6, 7], [3, 8, 1, 4]]
    found = Counter(w for text in said for w in text)
    actual, expected = ([sum(counts[w] for w in band) + 0.5 for band in bands] for counts in (found, COUNTS))
    return float(stats.entropy(actual, expected) + stats.entropy(expected, actual))


def slow_coverage(said: list[list[int]]) -> float:
    pairs = [{(a, b) for text in documents for a, b in itertools.pairwise(text)} for documents in ([d] for d in DOCUMENTS)]
    support = {pair for pair, held in Counter(p for found in pairs for p in found).items() if held >= 2}
    return len(support & {(a, b) for text in said for a, b in itertools.pairwise(text)}) / len(support)


@pytest.mark.parametrize(
    ("fast", "slow"),
    [(human.relative_entropy, slow_divergence), (human.stability_index, slow_index), (human.support_coverage, slow_coverage)],
    ids=["KL", "PSI", "coverage"],
)
@settings(max_examples=30, deadline=None)
@given(drawn=sample_sets())
def test_values_and_values_without_groups_are_those_of_scipy_and_of_counting(fast, slow, drawn):
    samples, said, prompts = drawn
    taken = fast(samples, context(COUNTS, DOCUMENTS))
    if isinstance(taken, Unmeasured):
        assert not all(any(kept(said, prompts, out)) for out in range(max(prompts) + 1))
        return
    assert taken.value == pytest.approx(slow(said), abs=1e-9)
    for out in range(max(prompts) + 1):
        if any(kept(said, prompts, out)):
            assert taken.without[out] == pytest.approx(slow(kept(said, prompts, out)), abs=1e-9)


def test_bands_hold_a_tenth_of_the_tokens_each_where_words_are_many_enough():
    counts = np.random.Generator(np.random.Philox(5)).permutation(1 + np.arange(2000))
    band = human.frequency_bands(counts)
    assert np.bincount(band, counts) / counts.sum() == pytest.approx(np.full(10, 0.1), abs=0.002)
    assert counts[band == 0].min() > counts[band == 1].max()


def test_what_other_models_say_changes_no_distance_to_human_text():
    few, many = (made([[0, 1, 5], [2, 5, 3]], [0, 1], size) for size in (9, 40))
    for statistic in (human.relative_entropy, human.stability_index):
        one, other = statistic(few, context(COUNTS)), statistic(many, context([*COUNTS, *[0] * 31]))
        assert one.value == pytest.approx(other.value, abs=1e-12)


def test_without_human_words_there_is_no_distance_to_them():
    samples = made([[0, 1, 5], [2, 5, 3]], [0, 1])
    for statistic in (human.relative_entropy, human.stability_index, human.support_coverage):
        assert isinstance(statistic(samples, context([0] * 9)), Unmeasured)


@pytest.mark.parametrize("order", [1, 2])
@settings(max_examples=20, deadline=None)
@given(drawn=sample_sets())
def test_self_rouge_is_that_of_rouge_score_over_all_pairs(order, drawn):
    from rouge_score.rouge_scorer import RougeScorer

    samples, said, prompts = drawn
    scorer = RougeScorer([f"rouge{order}"], use_stemmer=False)
    as_text = [" ".join(f"w{w}" for w in text) for text in said]
    slow = np.zeros(max(prompts) + 1)
    for one, other in itertools.permutations(range(len(said)), 2):
        if prompts[one] == prompts[other]:
            slow[prompts[one]] += scorer.score(as_text[one], as_text[other])[f"rouge{order}"].fmeasure
    assert rouge_sums(samples, order) == pytest.approx(slow, abs=1e-12)
    taken = self_rouge(samples, context([1] * 9), order=order)
    held = Counter(prompts)
    pairs = np.array([held[p] * (held[p] - 1) for p in range(max(prompts) + 1)])
    if np.count_nonzero(pairs) < 2:
        assert isinstance(taken, Unmeasured)
        return
    assert taken.value == pytest.approx(slow.sum() / pairs.sum(), abs=1e-12)
    assert taken.without == pytest.approx((slow.sum() - slow) / (pairs.sum() - pairs), abs=1e-12)


def test_rouge_in_pieces_is_rouge_at_once():
    rng = np.random.Generator(np.random.Philox(3))
    samples = made([rng.integers(0, 9, n).tolist() for n in rng.integers(0, 30, 40)], [0] * 20 + [1] * 20)
    assert rouge_sums(samples, 2, cells_at_once=50) == pytest.approx(rouge_sums(samples, 2), rel=1e-12)


def test_transitions_are_counted_where_they_begin_and_never_across_two_texts():
    vocabulary = ("however", "in", "addition", "to", "sum", "up", "it", "x", "y")
    said = [[0, 1, 2, 7], [7, 7, 1], [2, 3, 4, 5], [3, 4]]
    taken = transition_rate(made(said, [0, 0, 1, 2]), context([1] * 9, vocabulary=vocabulary))
    assert taken.value == pytest.approx(1000 * 3 / 13)
    assert taken.without == pytest.approx([1000 * 1 / 6, 1000 * 2 / 9, 1000 * 3 / 11])


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("Two ways:\n- one\n- two", True),
        ("1. one\n2. two", True),
        ("  a) one\n  b) two", True),
        ("There are 1) one and 2) two", True),
        ("\u2022 one\n\u2022 two", True),
        ("- one line that begins with a dash", False),
        ("In 1. 5 of them", False),
        ("A sentence.\nAnother one - with a dash.\nAnd a third", False),
        ("-5\n-6", False),
        ("", False),
    ],
)
def test_a_list_is_two_items_or_a_count(text, listed):
    assert has_list(text) is listed


def test_numbers_without_texts_have_no_lists():
    assert isinstance(list_share(made([[1], [2]], [0, 1]), context([1] * 9)), Unmeasured)


def test_a_share_of_nothing_is_no_number():
    for statistic in (transition_rate, human.relative_entropy, human.stability_index, partial(self_rouge, order=2)):
        taken = statistic(made([[], []], [0, 0]), context(COUNTS))
        assert isinstance(taken, Unmeasured) or not math.isfinite(taken.value)
