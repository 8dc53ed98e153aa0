"""Distinct word 3-grams over all word 3-grams of the samples, at equal word budgets."""

from functools import partial

from governance.collapse.diversity import distinct
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("distinct_3", "distinct-3", "share of 3-grams", Better.TWO_SIDED, statistic=partial(distinct, order=3))
