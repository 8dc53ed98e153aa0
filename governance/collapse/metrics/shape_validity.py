"""How many structured answers can be read: a model that stops calling tools, or calls them in broken JSON, loses here. Not gated.

Definition: among the prompts and draws at which any model answered with JSON or a call of a tool, the share at which this model's answer
parses; the change is that of (read + 1/2) / (answers + 1).
Unit: share of answers
Direction: higher; an answer in prose where another model gives JSON counts as not read.
Source: our own, beside shape_entropy.
Blind spots: whether keys and values are right; samples cut off by max_new_tokens count as broken, for every model alike.
"""

from governance.collapse.metric import Better
from governance.collapse.shapes import shape_validity
from governance.collapse.written import written_metric

METRIC = written_metric("shape_validity", "structured answers that can be read", "share of answers", Better.HIGHER, takes=shape_validity)
