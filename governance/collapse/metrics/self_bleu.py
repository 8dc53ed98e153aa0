"""Self-BLEU across the samples of one prompt: it rises when a model has one answer left. Reported and not gated: noisy at 1,500 samples.

Definition: BLEU-4 of each sample with the other samples of its prompt as references, averaged over all samples (method-1 smoothing).
Unit: BLEU-4, 0 to 1
Direction: two-sided; collapse raises it, garbage lowers it.
Source: Zhu et al. 2018, arXiv 1802.01886 (Texygen); smoothing of Chen & Cherry 2014.
Blind spots: rises with the number of draws (the plan pins it); sees no sameness between prompts, and no meaning said in other words.
"""

from governance.collapse.bleu import self_bleu
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("self_bleu", "self-BLEU", "BLEU-4, 0 to 1", Better.TWO_SIDED, statistic=self_bleu)
