"""Perplexity of the locked human shard as a whole.

Definition: total bits of the human documents over their total bytes; the change is that of perplexity per token of the baseline, paired
by source document.
Unit: bits per UTF-8 byte
Direction: lower; collapse raises it.
Source: Jelinek et al. 1977; bits per byte as in Gao et al. 2020, arXiv 2101.00027.
Blind spots: the bulk of the shard outweighs its tail; it says nothing of what the model writes; a shard that leaked into training reads
too well.
"""

from governance.collapse.perplexity import perplexity_metric

METRIC = perplexity_metric("human_perplexity", "human perplexity", shard="human")
