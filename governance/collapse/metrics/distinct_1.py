"""Distinct word 1-grams over all word 1-grams of the samples, at equal word budgets.

Definition: number of different words divided by number of words, over all samples of the gate temperature together.
Unit: share of 1-grams
Direction: two-sided; collapse lowers it, garbage and misspelling raise it.
Source: Li et al. 2016, arXiv 1510.03055 (distinct-n).
Blind spots: falls with the size of the set (hence equal budgets), knows no order and no meaning, hardly moves at temperature 1; its
interval covers a little low at 60 prompts.
"""

from functools import partial

from governance.collapse.diversity import distinct
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("distinct_1", "distinct-1", "share of 1-grams", Better.TWO_SIDED, statistic=partial(distinct, order=1))
