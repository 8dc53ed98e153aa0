"""Self-ROUGE, exact: the mean ROUGE-N F1 over all ordered pairs of texts of a prompt, without comparing texts two by two.

The overlap of two texts is the sum over n-grams and over t = 1, 2, ... of "both say it t times or more". So for each (prompt, n-gram, t) it
is enough to know how many texts of each length there are: the denominators depend on the two lengths alone.
"""

import numpy as np

from governance.collapse.evidence import Floats, Unmeasured, Whole
from governance.collapse.ngrams import ngram_keys, ngrams_held, sorted_runs
from governance.collapse.sampled import LeftOut
from governance.collapse.samples import Samples, SampleSet

CELLS_AT_ONCE = 4_000_000


def self_rouge(samples: SampleSet, _: Samples, *, order: int) -> LeftOut | Unmeasured:
    """Mean ROUGE-N F1 of the pairs of samples of one prompt, every pair of equal weight; a prompt with one sample has none."""
    texts_of = np.bincount(samples.prompts)
    if not len(texts_of) or int(texts_of.max()) < 2:
        return Unmeasured(reason="every prompt has one sample only: there is nothing to compare it with")
    group_of = np.arange(len(texts_of)) % samples.group_count
    group_of[samples.prompts] = samples.groups
    sums = np.bincount(group_of, rouge_sums(samples, order), minlength=samples.group_count)
    pairs = np.bincount(group_of, texts_of * (texts_of - 1.0), minlength=samples.group_count)
    if pairs.max() == pairs.sum():
        return Unmeasured(reason="all pairs of samples are in one group of prompts")
    return LeftOut(value=float(sums.sum() / pairs.sum()), without=(sums.sum() - sums) / (pairs.sum() - pairs))


def rouge_sums(samples: SampleSet, order: int, cells_at_once: int = CELLS_AT_ONCE) -> Floats:
    """For each prompt the sum of ROUGE-N F1 over its ordered pairs of different texts; 0 for a pair without n-grams."""
    owner, row = _said_at_least(samples, order)
    lengths, column = np.unique(ngrams_held(samples, order)[owner], return_inverse=True)
    rows, row, holders = np.unique(row, return_inverse=True, return_counts=True)
    prompt_of = np.zeros(len(rows), dtype=np.int64)
    prompt_of[row] = samples.prompts[owner]
    shared = np.flatnonzero(holders > 1)
    place = np.cumsum(holders > 1) - 1
    kept = np.flatnonzero(holders[row] > 1)
    by_row = kept[np.argsort(row[kept], kind="stable")]
    found = _overlaps(place[row[by_row]], column[by_row], len(shared), lengths, cells_at_once)
    return np.bincount(prompt_of[shared], found, minlength=int(samples.prompts.max(initial=-1)) + 1).astype(np.float64)


def _overlaps(row: Whole, column: Whole, rows: int, lengths: Whole, cells_at_once: int) -> Floats:
    """What each row adds to the F1 of all its ordered pairs: 2 / (n + m) for texts of n and m n-grams; in pieces of bounded size."""
    weight = 2.0 / (lengths[:, None] + lengths[None, :])
    wide, found = len(lengths), np.zeros(rows)
    step = max(1, cells_at_once // max(wide, 1))
    for first in range(0, rows, step):
        size = min(step, rows - first)
        begin, end = np.searchsorted(row, [first, first + size])
        cells = (row[begin:end] - first) * wide + column[begin:end]
        table = np.bincount(cells, minlength=size * wide).reshape(size, wide).astype(np.float64)
        found[first : first + size] = ((table @ weight) * table).sum(axis=1) - table @ weight.diagonal()
    return found


def _said_at_least(samples: SampleSet, order: int) -> tuple[Whole, Whole]:
    """(text, number of its (prompt, n-gram, t)) for every n-gram of every text and every t up to how often the text says it."""
    keys, owners, _ = ngram_keys(samples, order)
    names, dense = np.unique(keys, return_inverse=True)
    runs, counts = sorted_runs(dense * max(len(samples.lengths), 1) + owners)
    gram, owner = np.divmod(np.repeat(runs, counts), max(len(samples.lengths), 1))
    times = np.arange(len(gram)) - np.repeat(np.cumsum(counts) - counts, counts)
    most = int(times.max(initial=0)) + 1
    return owner, (samples.prompts[owner] * max(len(names), 1) + gram) * most + times
