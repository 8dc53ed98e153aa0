"""Mean pairwise cosine distance of the samples of the fixed prompts, in a frozen embedding that needs no model."""

from governance.collapse.embedding import spread
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("embedding_spread", "embedding spread", "mean cosine distance", Better.TWO_SIDED, statistic=spread)
