"""Rates over units that belong together, such as the samples of one prompt or the words of one document, with each group left out."""

import numpy as np

from governance.collapse.evidence import Floats, Unmeasured, Whole
from governance.collapse.intervals import sum_by
from governance.collapse.sampled import LeftOut

LEAST_GROUPS = 6
"""Fewer groups give fewer than the 5 degrees of freedom that an interval needs."""
HALF = 0.5


def smoothed_rate(hits: Floats, trials: Floats, groups: Whole) -> LeftOut | Unmeasured:
    """(hits + 1/2) / (trials + 1), so that none out of many against none out of many is no change and still has a logarithm.

    `groups` numbers the group of each unit from 0. Unmeasured where there are fewer than six groups.
    """
    count = int(groups.max(initial=-1)) + 1
    if count < LEAST_GROUPS:
        return Unmeasured(reason=f"{count} independent units were read, an interval needs {LEAST_GROUPS}")
    hit, tried = sum_by(groups, hits, count), sum_by(groups, trials, count)
    whole = (float(hit.sum()) + HALF) / (float(tried.sum()) + 1)
    return LeftOut(value=whole, without=(hit.sum() - hit + HALF) / (tried.sum() - tried + 1))


def mean_of(values: Floats, weights: Floats, groups: Whole) -> tuple[float, Floats] | Unmeasured:
    """sum(values) / sum(weights), and the same without each group in turn."""
    count = int(groups.max(initial=-1)) + 1
    if count < LEAST_GROUPS:
        return Unmeasured(reason=f"{count} independent units were read, an interval needs {LEAST_GROUPS}")
    total, weight = sum_by(groups, values, count), sum_by(groups, weights, count)
    return float(total.sum() / weight.sum()), np.asarray((total.sum() - total) / (weight.sum() - weight), dtype=np.float64)


def numbered(names: tuple[str, ...]) -> Whole:
    """The names as numbers from 0, in their order."""
    return np.unique(np.asarray(names, dtype=object), return_inverse=True)[1].astype(np.int64)
