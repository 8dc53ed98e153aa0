"""Perplexity of the locked human tail documents: the first thing that a collapsing model loses.

Definition: total bits of the tail documents over their total bytes; the change is that of perplexity per token of the baseline, paired by
source document.
Unit: bits per UTF-8 byte
Direction: lower; collapse raises it.
Source: Jelinek et al. 1977; bits per byte as in Gao et al. 2020, arXiv 2101.00027; tails after Shumailov et al. 2024, arXiv 2305.17493.
Blind spots: what the shard does not hold is not watched; a plain retrain on other human text moves it too, and only a matched control
tells the two apart.
"""

from governance.collapse.perplexity import perplexity_metric

METRIC = perplexity_metric("tail_perplexity", "tail perplexity", shard="tail")
