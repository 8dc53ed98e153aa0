"""Share of samples that begin with the most common opening of three words. Reported and not gated: a maximum is noisy."""

from governance.collapse.diversity import top_opening
from governance.collapse.metric import Better
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric("template_openings", "top opening share", "share of samples", Better.LOWER, statistic=top_opening)
