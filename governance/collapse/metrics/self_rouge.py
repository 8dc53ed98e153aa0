"""Self-ROUGE across the samples of one prompt: how much of one answer is in another.

Definition: ROUGE-2 F1, without stemming, averaged over all pairs of samples of one prompt.
Unit: ROUGE-2 F1, 0 to 1
Direction: two-sided; collapse raises it, garbage lowers it.
Source: Lin 2004 (ROUGE); as a measure of sameness in Zhu et al. 2018, arXiv 1802.01886 (Texygen, there with BLEU).
Blind spots: sees no sameness between prompts and no meaning said in other words; word order beyond pairs is not seen (ROUGE-L is not
taken: it has no near-linear form).
"""

from functools import partial

from governance.collapse.metric import Better
from governance.collapse.rouge import self_rouge
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("self_rouge", "self-ROUGE", "ROUGE-2 F1, 0 to 1", Better.TWO_SIDED, statistic=partial(self_rouge, order=2))
