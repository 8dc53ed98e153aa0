"""The watermark of a teacher that writes with one: a z-score per text, under every key that the workspace holds.

Text by anybody else has a z-score around 0, and an edit or a paraphrase takes the watermark away: a lower bound.
"""

import numpy as np
import polars as pl

from governance.provenance.laundering.signal import Floats, Material, Reading, Signal, Unmeasured, scored


def measure(material: Material) -> Reading | Unmeasured:
    if not material.watermarks:
        return Unmeasured(reason="no teacher of this workspace writes with a watermark whose key is here")

    def highest(rows: pl.DataFrame) -> Floats:
        found: Floats = np.max([scored(scorer, rows) for scorer in material.watermarks.values()], axis=0)
        return found

    return Reading(references=highest(material.references), known=highest(material.known), claimed=highest(material.claimed))


SIGNAL = Signal(
    name="watermark",
    title="z-score of a teacher's watermark",
    doubt="carries the watermark of a teacher of ours",
    measure=measure,
    only_ours=True,
    line=4.0,  # one false alarm in 30,000 texts if the z-score is normal; what it really is, is measured on the references
)
