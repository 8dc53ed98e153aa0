"""Distinct word 1-grams over all word 1-grams of the samples, at equal word budgets."""

from functools import partial

from governance.collapse.diversity import distinct
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("distinct_1", "distinct-1", "share of 1-grams", Better.TWO_SIDED, statistic=partial(distinct, order=1))
