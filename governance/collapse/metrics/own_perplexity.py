"""Perplexity of a model's own samples under that model, each after its prompt. Reported and not gated: it says nothing of what is said.

Definition: bits of prompt and sample together less bits of the prompt, over the sample's bytes; the change is one of perplexity per token
of the baseline on the human shard.
Unit: bits per UTF-8 byte
Direction: two-sided; collapse lowers it (29, 4.3, 2.6 over three generations of a tiny model), a flatter model and garbage raise it.
Source: Shumailov et al. 2024, Nature 631 (a model comes to trust its own text ever more).
Blind spots: one true sentence repeated and one false one read alike; samples that are cut off hide long loops.
"""

from governance.collapse.metric import Better
from governance.collapse.written import own_surprise, written_metric

METRIC = written_metric("own_perplexity", "perplexity on own output", "bits per UTF-8 byte", Better.TWO_SIDED, takes=own_surprise)
