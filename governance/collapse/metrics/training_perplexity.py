"""Perplexity of a sample of the candidate's own human training rows: beside human perplexity it tells overfitting from collapse."""

from governance.collapse.perplexity import perplexity_metric

METRIC = perplexity_metric("training_perplexity", "perplexity of training rows", shard="training")
