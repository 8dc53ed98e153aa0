"""Share of the human shard's rare words that the samples still say, at equal word budgets.

Definition: of the words that one or two documents of the human shard hold, the share that any sample holds.
Unit: share of rare words
Direction: higher; collapse lowers it.
Source: our own, after the vanishing tails of Shumailov et al. 2024, Nature 631 (arXiv 2305.17493).
Blind spots: a name that happens not to be asked for counts as lost; a rare word said wrongly counts as kept; small shards are noisy.
"""

from governance.collapse.diversity import rare_coverage
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "rare_words", "rare-word coverage", "share of rare words", Better.HIGHER, statistic=rare_coverage, kind=Kind.DISTRIBUTION
)
