"""Population stability index over bands of word frequency: tokens that moved between the human shard's common and rare words.

Definition: sum over ten bands of (a - e) ln(a / e), e being the human and a the sampled share of tokens; each band holds about a tenth of
the human tokens, words the shard lacks are in the rarest, half a count is added to every band.
Unit: nats
Direction: lower; collapse empties the rare bands, garbage fills them, and both raise it.
Source: Siddiqi 2006, Credit Risk Scorecards (PSI, where 0.1 and 0.25 are the usual marks); bands of words are our own.
Blind spots: which words of a band are said is not seen; near 0 the ratio of two readings is noisy; a model trained on other text starts
high.
"""

from governance.collapse.human import stability_index
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "stability_index", "population stability index", "nats", Better.LOWER, statistic=stability_index, kind=Kind.DISTRIBUTION
)
