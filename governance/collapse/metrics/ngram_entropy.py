"""Entropy of the word bigrams of the samples, at equal word budgets.

Definition: Shannon entropy of the frequencies of word pairs over all samples of the gate temperature together (plug-in estimate).
Unit: bits
Direction: two-sided; collapse lowers it, garbage raises it.
Source: Shannon 1948; for generated text Zhang et al. 2018, arXiv 1809.05972 (Ent-n).
Blind spots: the estimate is low for small sets (hence equal budgets) and near its ceiling for short ones; sees no meaning; blind at
temperature 1.
"""

from functools import partial

from governance.collapse.diversity import entropy
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("ngram_entropy", "bigram entropy", "bits", Better.TWO_SIDED, statistic=partial(entropy, order=2))
