"""Precision of the samples' embeddings: how many samples lie where people write.

Definition: share of samples with a human document to which they are as near as its third nearest human document is, or nearer.
Unit: share of samples
Direction: higher; garbage lowers it, and sharpened decoding raises it.
Source: Kynkaanniemi et al. 2019, arXiv 1904.06991 (k = 3, all documents of the shard).
Blind spots: one good answer said a thousand times has perfect precision, so it excuses nothing without recall; one odd document has a
wide ball; the default embedding sees spelling.
"""

from governance.collapse.manifold import precision
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "embedding_precision", "embedding precision", "share of samples", Better.HIGHER, statistic=precision, kind=Kind.DISTRIBUTION
)
