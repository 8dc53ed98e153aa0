"""Coverage@k of the human support: what k samples of each prompt together still say of what people say again and again.

Definition: of the word bigrams that two or more human documents hold, the share that any of the k draws of any prompt holds; k is the
plan's `samples_per_prompt`, at equal word budgets.
Unit: share of bigrams
Direction: higher; collapse lowers it.
Source: coverage by k samples as in Brown et al. 2024, arXiv 2407.21787; the support of words is our own.
Blind spots: rises with k and the budget (both pinned), so values of different plans are not comparable; chance hits count; prompts decide
what is within reach.
"""

from governance.collapse.human import support_coverage
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "coverage_at_k", "coverage@k", "share of bigrams", Better.HIGHER, statistic=support_coverage, kind=Kind.DISTRIBUTION
)
