"""How often a rare name of a tail document is likelier in its place than four other rare names of the same kind. Reported and not gated.

Definition: the passage around the name, scored with each of the five names; right where the true one has the fewest bits
(governance/collapse/cloze.py); the change is that of (right + 1/2) / (questions + 1), by source document.
Unit: share of questions
Direction: higher; chance is one in five.
Source: cloze with distractors of one kind, as in Hill et al. 2016, arXiv 1511.02301 (Children's Book Test).
Blind spots: names of other spelling; a shorter name has fewer bits to pay, so that the level says less than the change.
"""

from governance.collapse.answers import CLOZE, rate_metric
from governance.collapse.metric import Better

METRIC = rate_metric(
    "entity_cloze", "rare-entity cloze", "share of questions", Better.HIGHER, task=CLOZE, counted=lambda margins: margins > 0
)
