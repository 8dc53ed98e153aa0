"""Domains: where a detector's errors are measured is where it may be believed. A slice that is rich enough is one; the others share one.

Detectors do not travel: one that reaches an AUC of 0.94 at home has 0.73 abroad (SCIENCE section 3). So human rows of a slice are only ever
compared with pinned human rows, and a slice without any has no domain.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from governance.provenance.laundering.detector import LEAST_ROWS
from governance.provenance.laundering.rules import LaunderingRules

SHARED = "shared"
LEAST_IN_SLICE = 10
"""Pinned human rows of a slice below which it has no domain."""


def domains_of(references: pl.DataFrame, known: pl.DataFrame, rules: LaunderingRules) -> Mapping[str, str]:
    """Slice -> domain; a slice that is not in it has too few pinned human rows to be judged at all.

    Columns: `slice`, and of known rows `generator`.
    """
    humans = _counts(references)
    writers = known.group_by("slice", "generator").len().filter(pl.col("len") >= LEAST_ROWS)
    generators = _counts(writers)
    found = {}
    for name, count in sorted(humans.items()):
        if count >= rules.min_references and generators.get(name, 0) >= rules.min_generators:
            found[name] = f"slice {name}"
        elif count >= LEAST_IN_SLICE:
            found[name] = SHARED
    return found


def mixed_like(references: pl.Series, claimed: pl.Series) -> npt.NDArray[np.float64]:
    """A weight for each reference row (given its slice), so that slices have the parts that they have among the claimed rows."""
    have, want = _shares(references), _shares(claimed)
    return np.array([want.get(name, 0.0) / have[name] for name in references.to_list()], dtype=np.float64)


def _counts(rows: pl.DataFrame) -> Mapping[str, int]:
    counted = rows.group_by("slice").len()
    return dict(zip(counted["slice"].to_list(), counted["len"].to_list(), strict=True))


def _shares(names: pl.Series) -> Mapping[str, float]:
    counted = names.to_frame("name").group_by("name").len()
    return {name: count / len(names) for name, count in counted.iter_rows()}
