"""How many topics the samples are worth: the slices of the human shard that they lie nearest to.

Definition: exp of the entropy of the shares of samples per slice, each sample counted for the slice whose centre, seen from the mean of
all human documents, lies most in its direction; slices with five documents or more.
Unit: effective slices
Direction: higher; collapse onto the bulk lowers it.
Source: Hill 1973 (number of order 1); slices as topics are our own.
Blind spots: no finer than the slices of the shard; the prompts' own topics set its level; the default embedding tells topics by spelling;
a model that answers every prompt off topic but evenly keeps it.
"""

from governance.collapse.manifold import topic_breadth
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "topic_breadth", "topic breadth", "effective slices", Better.HIGHER, statistic=topic_breadth, kind=Kind.DISTRIBUTION
)
