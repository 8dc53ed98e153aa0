"""Frechet distance of the samples' embeddings from those of the human shard.

Definition: |m - m'|^2 + tr(C + C' - 2 (C C')^(1/2)) of the means and covariances of samples and human documents, documents cut to the
samples' median length, vectors projected to 64 dimensions by fixed signs.
Unit: squared distance
Direction: lower; collapse and drift of topic raise it.
Source: Dowson & Landau 1982; Heusel et al. 2017, arXiv 1706.08500; for text Semeniuta et al. 2018, arXiv 1806.04936.
Blind spots: two clouds of equal mean and covariance are equal to it; few documents bias it upwards, alike for the models compared; the
default embedding sees spelling; other shards or encoders give other scales.
"""

from governance.collapse.manifold import frechet
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "frechet_distance", "Frechet distance from human text", "squared distance", Better.LOWER, statistic=frechet, kind=Kind.DISTRIBUTION
)
