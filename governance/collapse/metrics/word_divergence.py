"""Jensen-Shannon divergence between the word frequencies of the samples and of the human shard."""

from governance.collapse.diversity import divergence
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "word_divergence", "word divergence from human text", "bits", Better.LOWER, statistic=divergence, kind=Kind.DISTRIBUTION
)
