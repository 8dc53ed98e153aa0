"""Distinct word 2-grams over all word 2-grams of the samples, at equal word budgets.

Definition: number of different word pairs divided by number of word pairs, over all samples of the gate temperature together.
Unit: share of 2-grams
Direction: two-sided; collapse lowers it, garbage is diverse and raises it.
Source: Li et al. 2016, arXiv 1510.03055 (distinct-n).
Blind spots: falls with the size of the set (hence equal budgets), sees no meaning, and at temperature 1 a slow collapse leaves it
unmoved.
"""

from functools import partial

from governance.collapse.diversity import distinct
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("distinct_2", "distinct-2", "share of 2-grams", Better.TWO_SIDED, statistic=partial(distinct, order=2))
