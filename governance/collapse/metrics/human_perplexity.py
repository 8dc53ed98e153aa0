"""Perplexity of the locked human shard as a whole."""

from governance.collapse.perplexity import perplexity_metric

METRIC = perplexity_metric("human_perplexity", "human perplexity", shard="human")
