"""Self-BLEU across the samples of one prompt: it rises when a model has one answer left. Reported and not gated: noisy at 1,500 samples."""

from governance.collapse.bleu import self_bleu
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("self_bleu", "self-BLEU", "BLEU-4, 0 to 1", Better.TWO_SIDED, statistic=self_bleu)
