"""Likelihood curvature under known teachers: is a text likelier than what the teacher itself would write on average at these places?

Bao et al., Fast-DetectGPT (2024): the log-probability of a text less its expectation under the model, in standard deviations. Text that the
teacher sampled at temperature 1 lies around 0, sharpened text above, human text below; the difference of the last two is what is seen.
"""

import numpy as np
import polars as pl

from governance.provenance.laundering.signal import Floats, Material, Reading, Signal, Unmeasured, scored

MOST_ROWS = 2_000
"""Rows of each kind that teachers read: a pass over the texts is what this signal costs."""


def measure(material: Material) -> Reading | Unmeasured:
    if material.founding:
        return Unmeasured(
            reason="a founding batch: a teacher may have learnt from these very rows, and finds them likely whoever wrote them"
        )
    if not material.teachers:
        return Unmeasured(reason="no teacher whose weights are here")

    def highest(rows: pl.DataFrame) -> Floats:
        found: Floats = np.max([scored(scorer, rows, MOST_ROWS) for scorer in material.teachers.values()], axis=0)
        return found

    return Reading(references=highest(material.references), known=highest(material.known), claimed=highest(material.claimed))


SIGNAL = Signal(
    name="curvature",
    title="likelihood curvature under known teachers",
    doubt="is about as likely as what a known teacher writes",
    measure=measure,
)
