"""How many shapes structured answers have: JSON by keys and kinds of values, calls by the tool's name too. Reported and not gated.

Definition: entropy of the shapes over the prompts and draws that every model answered with JSON or a call that can be read; the change is
one of the effective number of shapes, 2 to the power of the entropy.
Unit: bits
Direction: two-sided; collapse lowers it to one shape for everything, garbage keys raise it.
Source: our own; form collapse of tool calls and JSON beside that of words, after Guo et al. 2024, arXiv 2311.09807 (syntactic diversity).
Blind spots: values inside a shape; answers that cannot be read (shape_validity counts them); samples cut off by max_new_tokens.
"""

from governance.collapse.metric import Better
from governance.collapse.shapes import shape_entropies
from governance.collapse.written import written_metric

METRIC = written_metric("shape_entropy", "shapes of structured answers", "bits", Better.TWO_SIDED, takes=shape_entropies)
