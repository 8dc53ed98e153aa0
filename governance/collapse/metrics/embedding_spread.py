"""Mean pairwise cosine distance of the samples of the fixed prompts, in a frozen embedding that needs no model.

Definition: 1 - cosine, averaged over all pairs of samples that hold a word, from the length of the sum of their unit vectors.
Unit: mean cosine distance
Direction: two-sided; collapse lowers it, garbage raises it.
Source: mean pairwise distance as in Tevet & Berant 2021, arXiv 2004.02990; the embedding is our own (governance/collapse/embedding.py).
Blind spots: the default embedding sees spelling and not meaning; a mean over pairs is ruled by the bulk, so a lost mode hardly moves it.
"""

from governance.collapse.embedding import spread
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("embedding_spread", "embedding spread", "mean cosine distance", Better.TWO_SIDED, statistic=spread)
