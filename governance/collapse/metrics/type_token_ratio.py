"""Distinct words over words inside each sample: it falls when a text goes round in circles.

Definition: different words of each sample, added up over the samples, divided by all their words.
Unit: share of words
Direction: two-sided; loops lower it, garbage raises it.
Source: Johnson 1944 (type-token ratio), taken inside each text.
Blind spots: falls with the length of a text (hence equal cuts); does not see that all samples are one and the same.
"""

from governance.collapse.diversity import type_token_ratio
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("type_token_ratio", "type-token ratio", "share of words", Better.TWO_SIDED, statistic=type_token_ratio)
