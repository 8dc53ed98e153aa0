"""Coverage@k of the human support: what k samples of each prompt together still say of what people say again and again.

Definition: of the word bigrams that two or more human documents hold, the share that any of the k draws of any prompt holds; k is the
plan's `samples_per_prompt`, at equal word budgets.
Unit: share of bigrams
Direction: higher; collapse lowers it.
Source: coverage by k samples as in Brown et al. 2024, arXiv 2407.21787; the support of words is our own.
Blind spots: it has no interval and is never gated (the jackknife's 95 % interval holds the truth in 92.1 % of simulations at 100 prompts,
92.7 % at 375); a mild sharpening raises it, for what people repeat is then said more often: only a deep loss lowers it, so it is read
beside rare-word coverage; rises with k and the budget (both pinned); chance hits count; prompts decide what is within reach.
"""

from functools import partial

from governance.collapse.human import support_coverage
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric, values_only

METRIC = sampled_metric(
    "coverage_at_k",
    "coverage@k",
    "share of bigrams",
    Better.HIGHER,
    statistic=partial(values_only, statistic=support_coverage),
    kind=Kind.DISTRIBUTION,
)
