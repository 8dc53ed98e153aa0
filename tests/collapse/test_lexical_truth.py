"""The fast algorithms against slow ones that are plainly right, and against the packages that people know."""

import itertools
import math
from collections import Counter
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from numbered_sets import VOCABULARY, context, made, sample_sets

from governance.collapse import diversity, embedding
from governance.collapse.bleu import bleu_scores, self_bleu
from governance.collapse.evidence import Unmeasured
from governance.collapse.ngrams import ngram_keys
from governance.collapse.samples import SampleSet
from governance.collapse.words import split_words


def grams(said: list[list[int]], order: int) -> Counter:
    return Counter(tuple(text[i : i + order]) for text in said for i in range(len(text) - order + 1))


def slow_distinct(said, order):
    found = grams(said, order)
    return len(found) / found.total()


def slow_entropy(said, order):
    found = grams(said, order)
    return -sum(c / found.total() * math.log2(c / found.total()) for c in found.values())


def slow_ratio(said, _):
    return sum(len(set(text)) for text in said) / sum(map(len, said))


def slow_rare(said, _):
    return len({w for text in said for w in text} & {1, 3, 5, 7}) / 4


SLOW = {
    "distinct-1": (partial(diversity.distinct, order=1), slow_distinct, 1),
    "distinct-2": (partial(diversity.distinct, order=2), slow_distinct, 2),
    "distinct-3": (partial(diversity.distinct, order=3), slow_distinct, 3),
    "entropy-2": (partial(diversity.entropy, order=2), slow_entropy, 2),
    "type-token": (diversity.type_token_ratio, slow_ratio, 1),
    "rare": (diversity.rare_coverage, slow_rare, 1),
}


@pytest.mark.parametrize("name", SLOW)
@settings(max_examples=60, deadline=None)
@given(drawn=sample_sets())
def test_values_and_values_without_groups_are_those_of_counting(name, drawn):
    fast, slow, order = SLOW[name]
    samples, said, prompts = drawn
    taken = fast(samples, context([0, 1] * 4 + [0]))
    kept = [[t for t, p in zip(said, prompts, strict=True) if p != out] for out in range(max(prompts) + 1)]
    if isinstance(taken, Unmeasured):
        assert not all(grams(rest, order) for rest in kept)
        return
    assert taken.value == pytest.approx(slow(said, order), abs=1e-12)
    for out, rest in enumerate(kept):
        if grams(rest, order):
            assert taken.without[out] == pytest.approx(slow(rest, order), abs=1e-12)
    if taken.without_two is None:
        return
    for one, two in itertools.combinations(range(max(prompts) + 1), 2):
        rest = [t for t, p in zip(said, prompts, strict=True) if p not in (one, two)]
        if grams(rest, order):
            assert taken.without_two[one, two] == taken.without_two[two, one] == pytest.approx(slow(rest, order), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(drawn=sample_sets())
def test_the_top_opening_is_that_of_counting(drawn):
    samples, said, prompts = drawn
    taken = diversity.top_opening(samples, context([1] * 9))
    openings = Counter(tuple(t[:3]) for t in said if len(t) >= 3)
    if not openings:
        assert isinstance(taken, Unmeasured)
        return
    assert taken.value == max(openings.values()) / len(said)
    top = [opening for opening, count in openings.items() if count == max(openings.values())]
    slow = []
    for opening in top:
        rests = [[t for t, p in zip(said, prompts, strict=True) if p != out] for out in range(max(prompts) + 1)]
        slow.append([sum(tuple(t[:3]) == opening for t in rest) / len(rest) for rest in rests])
    assert taken.without.tolist() in slow


def test_divergence_is_that_of_scipy():
    from scipy.spatial.distance import jensenshannon

    said, human = [[0, 1, 1, 2], [3, 3, 0, 8], [5, 5]], [4, 0, 3, 1, 0, 7, 2, 2, 1]
    taken = diversity.divergence(made(said, [0, 1, 2]), context(human))
    for found, kept in ((taken.value, said), (taken.without[1], [said[0], said[2]])):
        counts = np.bincount([w for t in kept for w in t], minlength=9)
        assert found == pytest.approx(jensenshannon(counts, human, base=2) ** 2, abs=1e-12)


def test_keys_of_a_huge_vocabulary_stay_exact():
    few = made([[0, 1, 2, 3, 4], [0, 1, 2, 3, 5]], [0, 1], 9)
    far = SampleSet(words=few.words * 2**30, lengths=few.lengths, prompts=few.prompts, groups=few.groups, group_count=2, vocabulary=2**40)
    for order in (1, 2, 3, 4, 5):
        near, wide = (np.unique(ngram_keys(s, order)[0], return_inverse=True)[1] for s in (few, far))
        assert near.tolist() == wide.tolist()


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None)
@given(drawn=sample_sets())
def test_self_bleu_is_that_of_nltk(drawn):
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    samples, said, prompts = drawn
    fast = bleu_scores(samples.words, samples.lengths, samples.prompts, VOCABULARY)
    for place, text in enumerate(said):
        others = [t for i, t in enumerate(said) if i != place and prompts[i] == prompts[place]]
        slow = sentence_bleu(others, text, smoothing_function=SmoothingFunction().method1) if others and text else 0.0
        assert fast[place] == pytest.approx(slow, abs=1e-12)


def test_bleu_is_that_of_sacrebleu_where_all_orders_match():
    import sacrebleu

    said = [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 6, 7], [8, 0, 1, 2, 3, 4], [0, 1, 2, 3]]
    scorer = sacrebleu.BLEU(tokenize="none", effective_order=True, smooth_method="none", force=True)
    as_text = [" ".join(f"w{w}" for w in text) for text in said]
    slow = [scorer.sentence_score(t, [o for i, o in enumerate(as_text) if i != n]).score / 100 for n, t in enumerate(as_text)]
    samples = made(said, [0, 0, 0, 0])
    assert bleu_scores(samples.words, samples.lengths, samples.prompts, VOCABULARY) == pytest.approx(slow, abs=1e-9)


def test_self_bleu_of_one_sample_a_prompt_is_not_measured():
    assert isinstance(self_bleu(made([[1, 2], [1, 2], [3]], [0, 0, 1]), context([1] * 9)), Unmeasured)


def test_self_bleu_of_copies_is_one_whatever_other_prompts_say():
    taken = self_bleu(made([[1, 2, 3, 4], [1, 2, 3, 4], [5, 6, 7, 8], [5, 6, 7, 8]], [0, 0, 1, 1]), context([1] * 9))
    assert taken.value == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(drawn=sample_sets())
def test_the_mean_distance_over_pairs_is_that_of_all_pairs(drawn):
    samples, said, _ = drawn
    both = context([1] * VOCABULARY)
    taken = embedding.spread(samples, both)
    vectors = embedding.unit_vectors(samples, both.vocabulary)[[i for i, t in enumerate(said) if t]]
    if isinstance(taken, Unmeasured):
        return
    slow = np.mean([1 - float(a @ b) for a, b in itertools.combinations(vectors, 2)])
    assert taken.value == pytest.approx(slow, abs=1e-9)


def test_the_embedding_is_the_same_on_every_machine():
    vector = embedding.word_vectors(["heirloom"])[0]
    assert np.flatnonzero(vector).tolist() == [39, 130, 148, 158, 186, 247]
    assert np.abs(vector).sum() == 6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop, it\u2019s Stra\u00dfe 9!", ["don't", "stop", "it\u2019s", "strasse", "9"]),
        ("x_y = f(a1)", ["x_y", "f", "a1"]),
        ("'quoted' \u201cwords\u201d", ["quoted", "words"]),
        ("\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440", ["\u043f\u0440\u0438\u0432\u0435\u0442", "\u043c\u0438\u0440"]),
        ("", []),
    ],
)
def test_words_are_case_folded_runs_of_letters(text, words):
    assert split_words(text) == words
