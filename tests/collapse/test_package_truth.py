"""Our readings against the packages `vendi-score` 0.0.3 and `diversity` 0.3.1, and against the numbers that sacrebleu's own tests publish.

Neither package is installed here: `vendi-score` does not import beside a scipy of today, and `diversity` wants sentence-transformers.
Their numbers below were made in a virtual environment of its own (Python 3.11, numpy 2.4.6; `pip install --no-deps vendi-score==0.0.3
diversity==0.3.1` beside numpy, scipy, scikit-learn and nltk) by loading `vendi_score/vendi.py` and
`diversity/ngram_diversity.py` by their path, with `scipy.sparse.csr` put back under its old name for the one, and `round` taken out of
the other:

    i, j = np.ogrid[:20, :12]; X = ((i * i + 7 * j + i * j * j) % 13 - 5).astype(float)
    vendi.score_X(X), vendi.score_dual(X)
    vendi.score([0, 0, 10, 10, 20, 20], lambda a, b: np.exp(-abs(a - b)))
    vendi.score_K(np.array([[1, .9, 0], [.9, 1, 0], [0, 0, 1]]))
    vendi.score_K(np.exp(-((np.arange(9)[:, None] - np.arange(9)) ** 2) / 8))
    ngram_diversity.round = lambda x, n: x; [ngram_diversity.ngram_diversity_score(TEXTS, n) for n in (1, 2, 3, 4)]
"""

import json
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numbered_sets import VOCABULARY, context, made

from governance.collapse import diversity
from governance.collapse.bleu import bleu_scores
from governance.collapse.ngrams import ngram_keys
from governance.collapse.vendi import kernel_score, vendi_score

GOLDEN = Path(__file__).parents[3] / "shared" / "fixtures" / "golden_vectors.json"
EXACT = 1e-9

SCORE_X, SCORE_DUAL = 7.189219579017823, 7.189219579017797
SCORE_EXP, SCORE_MATRIX, SCORE_RBF = 2.999999995877713, 2.1573004833739833, 3.43085527377142

TEXTS = ("the cat sat on the mat", "the dog sat on the cat", "a cat and a dog and the mat", "on the mat sat the cat")
NGRAM_DIVERSITY = (0.3076923076923077, 1.0276923076923077, 1.9443589743589742, 2.944358974358974)
"""Of 1, 1-2, 1-3 and 1-4 words: sums of distinct-n over all texts joined by a blank."""


def golden(part: str) -> dict:
    if not GOLDEN.exists():
        pytest.skip("golden vectors are not beside this checkout (shared/fixtures)")
    return json.loads(GOLDEN.read_text())[part]


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_vendi_score_is_the_packages_on_either_side_of_its_matrix():
    i, j = np.ogrid[:20, :12]
    vectors = unit(((i * i + 7 * j + i * j * j) % 13 - 5).astype(float))
    assert vendi_score(vectors) == pytest.approx(SCORE_X, abs=EXACT)
    assert kernel_score(vectors @ vectors.T / 20) == pytest.approx(SCORE_X, abs=EXACT)
    assert kernel_score(vectors.T @ vectors / 20) == pytest.approx(SCORE_DUAL, abs=EXACT)


def test_the_score_of_any_kernel_is_the_packages():
    places = np.array([0, 0, 10, 10, 20, 20])
    assert kernel_score(np.exp(-np.abs(places[:, None] - places)) / 6) == pytest.approx(SCORE_EXP, abs=EXACT)
    assert kernel_score(np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]]) / 3) == pytest.approx(SCORE_MATRIX, abs=EXACT)
    row = np.arange(9)
    assert kernel_score(np.exp(-((row[:, None] - row) ** 2) / 8) / 9) == pytest.approx(SCORE_RBF, abs=EXACT)


def test_the_vendi_score_of_n_grams_is_the_published_one():
    """README of vertaix/Vendi-Score: `text_utils.ngram_vendi_score(sents, ns=[1, 2])`, the mean of the cosine kernels of each n."""
    case = golden("vendi_score")["ngram"]
    said = [re.findall(r"\w+|[^\w\s]", text) for text in case["sents"]]
    kernels = []
    for n in case["ns"]:
        counts = [Counter(tuple(words[at : at + n]) for at in range(len(words) - n + 1)) for words in said]
        known = sorted({gram for found in counts for gram in found})
        vectors = unit(np.array([[found[gram] for gram in known] for found in counts], dtype=float))
        kernels.append(vectors @ vectors.T)
    assert kernel_score(np.mean(kernels, axis=0) / len(said)) == pytest.approx(case["score"], abs=5e-3)  # printed to two digits


def numbered(texts: tuple[str, ...]) -> list[list[int]]:
    known = sorted({word for text in texts for word in text.split()})
    assert len(known) <= VOCABULARY
    return [[known.index(word) for word in text.split()] for text in texts]


def test_distinct_n_is_the_packages_but_for_the_n_grams_that_it_makes_across_two_texts():
    """The package joins all texts and counts the runs over their seams too; we do not, since no model wrote those."""
    said = numbered(TEXTS)
    joined = [word for text in said for word in text]
    packages = np.diff([0.0, *NGRAM_DIVERSITY])
    for order, theirs in enumerate(packages, start=1):
        keys = ngram_keys(made([joined], [0], VOCABULARY), order)[0]
        assert np.unique(keys).size / keys.size == pytest.approx(theirs, abs=EXACT)
        ours = diversity.distinct(made(said, [0, 1, 2, 3], VOCABULARY), context([1] * VOCABULARY), order=order).value
        seams = (order - 1) * (len(said) - 1)
        inside = {tuple(text[at : at + order]) for text in said for at in range(len(text) - order + 1)}
        assert ours == pytest.approx(len(inside) / (len(joined) - len(said) * (order - 1)), abs=EXACT)
        assert keys.size == len(joined) - len(said) * (order - 1) + seams
        if order < 4:  # no run of four words is twice in them: both are 1
            assert (ours == pytest.approx(theirs, abs=EXACT)) == (order == 1)


PAIRS = [("raw_bleu_no_tokenize_0to1", place) for place in (0, 1, 2)] + [("effective_order", place) for place in (0, 1, 2)]


@pytest.mark.parametrize(("part", "place"), PAIRS)
def test_bleu_of_a_sentence_is_that_of_sacrebleus_own_tests_but_for_what_is_put_in_the_place_of_nothing(part: str, place: int):
    """Those cases put 0.01 where no n-gram matches (`floor`), and those of effective order leave out the n for which the text is too short.

    We put 0.1 for both, as nltk's method 1 does: with p_n of n = 1..4 equal otherwise, the one number gives the other. The corpus cases
    are one score over many sentences, which no reading of ours is.
    """
    said, references, score = golden("sacrebleu")[part][place]
    words = said[0].split(), (references[0][0] if isinstance(references[0], list) else references[0]).split()
    known = sorted({*words[0], *words[1]})
    samples = made([[known.index(word) for word in text] for text in words], [0, 0], len(known))
    found = bleu_scores(samples.words, samples.lengths, samples.prompts, len(known))[0]
    grams = [[Counter(tuple(t[at : at + n]) for at in range(len(t) - n + 1)) for t in words] for n in (1, 2, 3, 4)]
    orders = [ours & theirs for ours, theirs in grams if ours]
    nothing, short = sum(not match for match in orders), 4 - len(orders)
    if not orders[0]:
        assert (found, score) == (0.0, 0.0)
        return
    brevity = math.exp(min(0.0, 1 - len(words[1]) / len(words[0])))
    product = (score / brevity) ** len(orders) * (0.1 / 0.01) ** nothing * 0.1**short
    assert found == pytest.approx(brevity * product**0.25, abs=EXACT)
