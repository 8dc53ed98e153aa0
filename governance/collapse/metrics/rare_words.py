"""Share of the human shard's rare words that the samples still say, at equal word budgets."""

from governance.collapse.diversity import rare_coverage
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "rare_words", "rare-word coverage", "share of rare words", Better.HIGHER, statistic=rare_coverage, kind=Kind.DISTRIBUTION
)
