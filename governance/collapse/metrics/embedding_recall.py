"""Recall of the human shard's embeddings: how much of where people write the samples still reach.

Definition: share of human documents with a sample to which they are as near as its third nearest sample is, or nearer.
Unit: share of documents
Direction: higher; collapse lowers it.
Source: Kynkaanniemi et al. 2019, arXiv 1904.06991 (k = 3, all samples of the gate temperature).
Blind spots: no interval of it is honest, so models are shown beside each other and not compared, and it is never gated; scattered garbage
has wide balls and reaches everything, so it is read beside precision; the number of samples moves it (the plan pins it); the default
embedding sees spelling.
"""

from governance.collapse.manifold import recall
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "embedding_recall", "embedding recall", "share of documents", Better.HIGHER, statistic=recall, kind=Kind.DISTRIBUTION
)
