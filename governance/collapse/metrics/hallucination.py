"""How many sentinels' known falsehood is likelier to the model than the truth. Reported and not gated.

Definition: sentinels whose false text has fewer bits than the true one, over all of them; the change is that of (false + 1/2) /
(sentinels + 1), by source document.
Unit: share of sentinels
Direction: lower; one half is what a model that knows nothing gives.
Source: our own; the falsehoods likelier than truths of TruthfulQA (arXiv 2109.07958) are read the same way.
Blind spots: what the model would say unasked; a falsehood that nobody wrote down; fluent nonsense about anything else.
"""

from governance.collapse.answers import SENTINELS, rate_metric
from governance.collapse.metric import Better

METRIC = rate_metric(
    "hallucination",
    "falsehoods likelier than truths",
    "share of sentinels",
    Better.LOWER,
    task=SENTINELS,
    counted=lambda margins: margins < 0,
)
