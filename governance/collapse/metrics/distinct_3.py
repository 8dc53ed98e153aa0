"""Distinct word 3-grams over all word 3-grams of the samples, at equal word budgets.

Definition: number of different word triples divided by number of word triples, over all samples of the gate temperature together.
Unit: share of 3-grams
Direction: two-sided; collapse lowers it, garbage is diverse and raises it.
Source: Li et al. 2016, arXiv 1510.03055 (distinct-n).
Blind spots: near its ceiling of 1 for short samples, where only long repetitions move it; sees no meaning; blind at temperature 1.
"""

from functools import partial

from governance.collapse.diversity import distinct
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("distinct_3", "distinct-3", "share of 3-grams", Better.TWO_SIDED, statistic=partial(distinct, order=3))
