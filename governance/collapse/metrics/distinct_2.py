"""Distinct word 2-grams over all word 2-grams of the samples, at equal word budgets."""

from functools import partial

from governance.collapse.diversity import distinct
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("distinct_2", "distinct-2", "share of 2-grams", Better.TWO_SIDED, statistic=partial(distinct, order=2))
