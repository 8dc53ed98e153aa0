"""Entropy of the word bigrams of the samples, at equal word budgets."""

from functools import partial

from governance.collapse.diversity import entropy
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("ngram_entropy", "bigram entropy", "bits", Better.TWO_SIDED, statistic=partial(entropy, order=2))
