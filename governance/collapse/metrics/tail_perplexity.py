"""Perplexity of the locked human tail documents: the first thing that a collapsing model loses."""

from governance.collapse.perplexity import perplexity_metric

METRIC = perplexity_metric("tail_perplexity", "tail perplexity", shard="tail")
