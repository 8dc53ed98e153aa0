"""By how much the true version of a sentinel is likelier than its false one: facts that drift lose it first. Reported and not gated.

Definition: bits of the false text less bits of the true one, in mean over the pinned sentinels; the change is one of the odds of truth
against falsehood, in geometric mean, by source document.
Unit: bits
Direction: higher; below 0 the falsehood is likelier in mean.
Source: log-likelihood margins of true and false statements, as in Lin et al. 2022, arXiv 2109.07958 (TruthfulQA, multiple choice).
Blind spots: only what the sentinels say; true and false texts of different length differ in bits by that alone, so look at the change.
"""

from governance.collapse.answers import SENTINELS, margin_metric

METRIC = margin_metric("fact_margin", "fact margin", task=SENTINELS)
