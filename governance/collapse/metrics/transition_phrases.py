"""Stock transitions in a thousand words: moreover, in conclusion, it is important to.

Definition: places where one of a fixed list of English transitions begins (governance/collapse/scaffolds.py), per thousand words.
Unit: per 1,000 words
Direction: lower; machine prose that is fed back raises it.
Source: our own list.
Blind spots: English alone; people use every one of these too, so a level means nothing without the baseline; a model that has none of
them has no ratio and is shown by its values.
"""

from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric
from governance.collapse.scaffolds import transition_rate

METRIC = sampled_metric("transition_phrases", "transition phrases", "per 1,000 words", Better.LOWER, statistic=transition_rate)
