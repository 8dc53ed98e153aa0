"""Jensen-Shannon divergence between the word frequencies of the samples and of the human shard.

Definition: half of KL(samples || middle) plus half of KL(human || middle), where middle is the mean of the two word distributions.
Unit: bits
Direction: lower; collapse and drift of topic raise it.
Source: Lin 1991, IEEE Transactions on Information Theory 37.
Blind spots: finite sets diverge by size alone (both models are cut equally); ruled by frequent words; a change of topic reads like
collapse.
"""

from governance.collapse.diversity import divergence
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "word_divergence", "word divergence from human text", "bits", Better.LOWER, statistic=divergence, kind=Kind.DISTRIBUTION
)
