"""Likelihood curvature under known teachers: is a text likelier than what the teacher itself would write on average at these places?

A text that a teacher may have learnt from is not scored: it is likely under the teacher whoever wrote it.
Bao et al., Fast-DetectGPT (2024): the log-probability of a text less its expectation under the model, in standard deviations. Text that the
teacher sampled at temperature 1 lies around 0, sharpened text above, human text below; the difference of the last two is what is seen.
"""

import numpy as np
import polars as pl

from governance.provenance.laundering.signal import Floats, Material, Reading, Signal, Unmeasured

CHARACTERS = 1_000
"""Of a text that are read, about 250 tokens: a pass over the texts is what this signal costs, and sharpened text shows in its beginning
(AUC 0.994 where the whole gives 0.995, and 0.997 where it gives 1.000 for a model like it; docs/laundering.md)."""


def measure(material: Material) -> Reading | Unmeasured:
    if material.founding:
        return Unmeasured(
            reason="a founding batch: a teacher may have learnt from these very rows, and finds them likely whoever wrote them"
        )
    if not material.teachers:
        return Unmeasured(reason="no teacher whose weights are here")

    def highest(rows: pl.DataFrame) -> Floats:
        fresh = (~rows["learnt"]).to_numpy().nonzero()[0][: material.most_read]
        found = np.full(rows.height, np.nan)
        texts = rows["text"][fresh].str.slice(0, CHARACTERS).to_list()
        found[fresh] = np.max([scorer(texts) for scorer in material.teachers.values()], axis=0)
        return found

    return Reading(references=highest(material.references), known=highest(material.known), claimed=highest(material.claimed))


SIGNAL = Signal(
    name="curvature",
    title="likelihood curvature under known teachers",
    doubt="is about as likely as what a known teacher writes",
    measure=measure,
)
