"""Distinct words over words inside each sample: it falls when a text goes round in circles."""

from governance.collapse.diversity import type_token_ratio
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("type_token_ratio", "type-token ratio", "share of words", Better.TWO_SIDED, statistic=type_token_ratio)
