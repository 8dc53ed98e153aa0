"""Self-BLEU, exact: every text against all others of its group, without comparing texts two by two.

For each n-gram of a group, three numbers stand for all references at once: the largest count in one text, how many texts hold it, and the
second largest. Sorting is all the work, so a hundred thousand texts take seconds (docs/evaluation.md).
"""

from functools import partial

import numpy as np

from governance.collapse.evidence import Floats, Unmeasured, Whole
from governance.collapse.ngrams import ngram_keys, sorted_runs
from governance.collapse.sampled import LeftOut
from governance.collapse.samples import Samples, SampleSet

ORDERS = (1, 2, 3, 4)
EPSILON = 0.1
"""Added to an n-gram order without a match, as in method 1 of Chen & Cherry (2014) and of nltk."""


def self_bleu(samples: SampleSet, _: Samples) -> LeftOut | Unmeasured:
    """Mean BLEU-4 of every text against the other texts of its prompt."""
    texts_of = np.bincount(samples.prompts)
    if not len(texts_of) or int(texts_of[texts_of > 0].min()) < 2:
        return Unmeasured(reason="some prompt has one sample only: there is nothing to compare it with")
    scores = bleu_scores(samples.words, samples.lengths, samples.prompts, samples.vocabulary)
    sums = np.bincount(samples.groups, scores, minlength=samples.group_count)
    texts = np.bincount(samples.groups, minlength=samples.group_count)
    return LeftOut(value=float(scores.mean()), without=(sums.sum() - sums) / (texts.sum() - texts))


def bleu_scores(words: Whole, lengths: Whole, prompts: Whole, vocabulary: int) -> Floats:
    """BLEU-4 of each text with the other texts of its prompt as references; texts are in order of their prompt.

    Equal to nltk's `sentence_bleu` with method-1 smoothing to 1e-12: clipped counts, nearest reference length (the shorter of two that are
    equally near), zero where no single word matches.
    """
    groups = np.zeros_like(prompts)
    samples = SampleSet(words=words, lengths=lengths, prompts=prompts, groups=groups, group_count=1, vocabulary=vocabulary)
    logs = np.zeros(len(lengths))
    silent = np.zeros(len(lengths), dtype=bool)
    for order in ORDERS:
        matches = _matches(samples, order)
        silent |= (matches == 0) & (order == 1)
        logs += np.log(np.where(matches > 0, matches, EPSILON) / np.maximum(lengths - order + 1, 1))
    nearest = _nearest_lengths(lengths, prompts)
    short = np.minimum(0.0, 1.0 - nearest / np.maximum(lengths, 1))
    return np.where(silent, 0.0, np.exp(short + logs / len(ORDERS)))


def _matches(samples: SampleSet, order: int) -> Floats:
    keys, owners, _ = ngram_keys(samples, order)
    count_of = len(samples.lengths)
    if not len(keys):
        return np.zeros(count_of)
    dense = keys if order == 1 else np.unique(keys, return_inverse=True)[1]
    runs, counts = sorted_runs(dense * count_of + owners)
    gram, owner = np.divmod(runs, count_of)
    changed = (np.diff(gram, prepend=-1) != 0) | (np.diff(samples.prompts[owner], prepend=-1) != 0)
    starts = np.flatnonzero(changed)
    spread = partial(np.repeat, repeats=np.diff(starts, append=len(runs)))
    largest = spread(np.maximum.reduceat(counts, starts))
    holders = spread(np.add.reduceat((counts == largest).astype(np.int64), starts))
    second = spread(np.maximum.reduceat(np.where(counts == largest, 0, counts), starts))
    others = np.where((counts == largest) & (holders == 1), second, largest)
    return np.bincount(owner, np.minimum(counts, others), minlength=count_of).astype(np.float64)


def _nearest_lengths(lengths: Whole, prompts: Whole) -> Floats:
    order = np.lexsort((lengths, prompts))
    ordered, group = lengths[order].astype(np.float64), prompts[order]
    edge = np.diff(group) != 0
    gap = np.where(edge, np.inf, np.diff(ordered))
    before = np.concatenate([[np.inf], gap])
    after = np.concatenate([gap, [np.inf]])
    nearest = np.where(before <= after, ordered - before, ordered + after)
    found = np.empty_like(ordered)
    found[order] = np.where(np.isfinite(np.minimum(before, after)), nearest, np.inf)
    return found
