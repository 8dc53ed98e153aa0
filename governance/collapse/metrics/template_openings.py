"""Share of samples that begin with the most common opening of three words. Reported and not gated: a maximum is noisy.

Definition: samples whose first three words are the most common first three words, over all samples.
Unit: share of samples
Direction: lower; collapse and instruction-tuned habit raise it.
Source: our own; templates as in Shaib et al. 2024, arXiv 2407.00211.
Blind spots: one opening only, so two that share the load halve it; words and not meaning; prompts that ask for one opening raise it.
"""

from governance.collapse.diversity import top_opening
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("template_openings", "top opening share", "share of samples", Better.LOWER, statistic=top_opening)
