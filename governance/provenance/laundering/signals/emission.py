"""Copies of what our own generators wrote: runs of five words found again in the emission ledger.

It finds copies and light edits, and nothing of what a generator would write afresh: so it bounds a share from below.
"""

from governance.provenance.laundering.signal import Material, Reading, Signal, Unmeasured, scored


def measure(material: Material) -> Reading | Unmeasured:
    if material.emissions is None:
        return Unmeasured(reason="the emission ledger is empty: nothing was ever written by a generator of this workspace")
    parts = (material.references, material.known, material.claimed)
    references, known, claimed = (scored(material.emissions, rows) for rows in parts)
    return Reading(references=references, known=known, claimed=claimed)


SIGNAL = Signal(
    name="emission",
    title="runs of five words that our generators emitted",
    doubt="repeats what a generator of ours wrote",
    measure=measure,
    only_ours=True,
    line=0.5,
)
