"""The Vendi score of the samples: how many wholly different texts they are worth.

Definition: exp of the entropy of the eigenvalues of K / n, K being the cosines of all n samples that hold a word, in the embedding of the
probe.
Unit: effective samples
Direction: two-sided; collapse lowers it, garbage raises it.
Source: Friedman & Dieng 2023, arXiv 2210.02410.
Blind spots: it has no interval and is never gated (the jackknife's 95 % interval holds the truth in 92.8 % of simulations at 100
prompts); the default embedding sees spelling and not meaning; it rises with n and is bounded by the dimensions of the embedding; common
words give all texts one direction, so that values are small and a lost mode moves it little; blind at temperature 1.
"""

from functools import partial

from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric, values_only
from governance.collapse.vendi import vendi

METRIC = sampled_metric(
    "vendi_score", "Vendi score", "effective samples", Better.TWO_SIDED, statistic=partial(values_only, statistic=vendi)
)
