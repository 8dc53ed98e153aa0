"""Perplexity of a sample of the candidate's own human training rows: beside human perplexity it tells overfitting from collapse.

Definition: total bits of the sampled training rows over their total bytes; the change is that of perplexity per token of the baseline,
paired by source document.
Unit: bits per UTF-8 byte
Direction: lower; it falls when the rows are learnt by heart.
Source: Jelinek et al. 1977; bits per byte as in Gao et al. 2020, arXiv 2101.00027.
Blind spots: the candidate has seen these rows and the references may not have, so it is no measure of quality alone.
"""

from governance.collapse.perplexity import perplexity_metric

METRIC = perplexity_metric("training_perplexity", "perplexity of training rows", shard="training")
