"""Share of samples that are built as a list.

Definition: samples of which two lines or more begin with a bullet, a number or a letter as items do, or that count 1. and 2. inside a
line.
Unit: share of samples
Direction: lower; machine prose that is fed back raises it.
Source: our own; listicles as a template of model text.
Blind spots: prompts that ask for lists raise it; a list in sentences (first, second) is not seen; samples are cut to equal words, so a
list that begins late may be cut off; where no model writes lists there is no ratio.
"""

from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric
from governance.collapse.scaffolds import list_share

METRIC = sampled_metric("list_scaffolds", "list scaffolds", "share of samples", Better.LOWER, statistic=list_share)
