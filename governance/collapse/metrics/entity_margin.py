"""By how much a rare name of a tail document is likelier in its place than the likeliest of four others. Reported and not gated.

Definition: bits of the passage with the likeliest wrong name less bits with the true one, in mean over the questions of entity_cloze; the
change is one of the odds of the true name, in geometric mean, by source document.
Unit: bits
Direction: higher; below 0 the wrong name is likelier in mean.
Source: our own, beside entity_cloze: a margin moves before an answer flips.
Blind spots: as entity_cloze; a few passages with large margins can lead the mean.
"""

from governance.collapse.answers import CLOZE, margin_metric

METRIC = margin_metric("entity_margin", "rare-entity margin", task=CLOZE)
